/*
 * Traces a process that is known to crash, and its forked children, without changing what they do.
 * Takes a snapshot of the stack of the first thread that dies: before a fatal signal is delivered,
 * or when the process exits with a failure. Single-threaded.
 */
#pragma once

#include "snapshot.h"

#include <stdbool.h>
#include <sys/types.h>

enum { CRASH_TRACER_MAX = 8 };

/* All zero initially. */
struct crash_tracer {
	unsigned count; /* of the threads that are traced */
	pid_t tid[CRASH_TRACER_MAX];
	pid_t forker;  /* one of them, traced only until its next fork; 0: none */
	bool recorded; /* a thread has died: */
	int signal;    /* by this signal; 0: the process exited with a failure */
	struct snapshot snapshot;
};

/* Traces the next child that the thread forks; detaches from the thread after it. 0 or -errno. */
int crash_tracer_await_fork(struct crash_tracer *tracer, pid_t tid);

/* Takes over a process that this tracer has stopped, and resumes it. 0 or -errno. */
int crash_tracer_adopt(struct crash_tracer *tracer, pid_t pid);

/* Handles and resumes the threads that have stopped. Call it often: they wait for it. */
void crash_tracer_poll(struct crash_tracer *tracer);

/* True while that process is traced and alive: nothing else may wait for it then. */
bool crash_tracer_traces(const struct crash_tracer *tracer, pid_t pid);
