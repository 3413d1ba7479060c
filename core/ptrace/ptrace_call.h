/* ptrace(2) calls that take or return a number, and the reaping of traced threads. */
#pragma once

#include <sys/ptrace.h>
#include <sys/types.h>

/* A request whose data is a number: options, or a signal to deliver. 0 or -errno. */
int ptrace_number(enum __ptrace_request request, pid_t tid, unsigned long number);

/* PTRACE_GETEVENTMSG: the new child's pid, or the exit status; 0 when there is none. */
unsigned long ptrace_event_message(pid_t tid);

/*
 * A traced thread has ended. The end of a child process of forklab's stays for its waiter; any
 * other thread is reaped, because until the tracer does that its parent cannot wait for it.
 */
void ptrace_reap(pid_t tid);
