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

enum { DEATHBED_MAX = 8 };

/* All zero at the beginning. */
struct deathbed {
	unsigned traced;
	pid_t tid[DEATHBED_MAX];
	pid_t forker; /* one of them, of which only its next child is of interest; 0: none */
	bool seen;    /* somebody has died: */
	int signal;   /* of which signal; 0: it ended itself */
	struct snapshot at;
};

/* Traces what the thread forks next; it runs on, and is let go after its fork. 0 or -errno. */
int deathbed_await_fork(struct deathbed *deathbed, pid_t tid);

/* Takes over a process that this tracer has stopped, and lets it run on. 0 or -errno. */
int deathbed_adopt(struct deathbed *deathbed, pid_t pid);

/* Looks after all that has stopped since. To be called often: nobody else lets them go on. */
void deathbed_poll(struct deathbed *deathbed);

/* True as long as that one is traced and alive: nobody else may wait for it then. */
bool deathbed_holds(const struct deathbed *deathbed, pid_t pid);

#endif
