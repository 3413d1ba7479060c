/*
 * For a process that is known to die: it and what it forks are traced, and run on as they would,
 * but the stack of the thread that dies is taken first: when a deadly signal is about to be
 * delivered, or when the process ends itself with a failure. forklab only; single-threaded.
 */
#ifndef FORKLAB_CRASH_TRACER_H
#define FORKLAB_CRASH_TRACER_H

#include "snapshot.h"

#include <stdbool.h>
#include <sys/types.h>

enum { CRASH_TRACER_MAX = 8 };

/* All zero at the beginning. */
struct crash_tracer {
	unsigned count; /* of the threads that are traced */
	pid_t tid[CRASH_TRACER_MAX];
	pid_t forker;  /* one of them, traced only until its next fork; 0: none */
	bool recorded; /* a thread has died: */
	int signal;    /* by this signal; 0: the process exited with a failure */
	struct snapshot snapshot;
};

/* Traces what the thread forks next; it runs on, and is let go after its fork. 0 or -errno. */
int crash_tracer_await_fork(struct crash_tracer *crash_tracer, pid_t tid);

/* Takes over a process that this tracer has stopped, and lets it run on. 0 or -errno. */
int crash_tracer_adopt(struct crash_tracer *crash_tracer, pid_t pid);

/* Looks after all that has stopped since. To be called often: nobody else lets them go on. */
void crash_tracer_poll(struct crash_tracer *crash_tracer);

/* True as long as that one is traced and alive: nobody else may wait for it then. */
bool crash_tracer_traces(const struct crash_tracer *crash_tracer, pid_t pid);

#endif
