/*
 * Is the stepped thread the only one of its process that runs? Only then may the code have a trap
 * instruction for it (step_to()): the others are not traced, and one that came by would be killed.
 * The others are those that a sweep lets sleep until it needs them, and whatever threads the
 * allocator has of its own.
 */
#ifndef FORKLAB_SWEEP_ALONE_H
#define FORKLAB_SWEEP_ALONE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct alone {
	pid_t pid, tid;  /* the stepped thread */
	pid_t suspect;   /* the only other one that may have run since it was `sure`; 0: any */
	bool sure;       /* all others sleep until they are woken */
	bool fork_waits; /* set by the caller: a fork is asked for and not answered */
};

/*
 * True when all others sleep in a futex wait without a timeout, which nobody but the stepped thread
 * and forklab can end, and no fork is to come. Looks at them if it has to.
 */
bool alone_now(struct alone *alone);

/* That thread may have been woken; 0: any of them. */
void alone_woken(struct alone *alone, pid_t tid);

/* The stepped thread has made this system call: others may wait for that. */
void alone_called(struct alone *alone, uint64_t syscall);

#endif
