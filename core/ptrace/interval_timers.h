/*
 * Interval timers of another process: alarm(2) and setitimer(2). /proc does not show them, so the
 * process is made to call getitimer(2) itself (ptrace).
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

enum interval_timers {
	INTERVAL_TIMERS_NONE,
	INTERVAL_TIMERS_ARMED,  /* at least one will send a signal */
	INTERVAL_TIMERS_UNKNOWN /* no right to trace, or no way to make the call here */
};

/*
 * `tid` is any thread of the process; a system call that it sleeps in goes on afterwards, also one
 * that other interruptions end with EINTR. The calling thread becomes the tracer for some 100 µs.
 * `cpu_timers`: also those that count processor time, which stands still while all threads sleep.
 */
enum interval_timers interval_timers(pid_t tid, bool cpu_timers);
