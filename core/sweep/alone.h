/*
 * Is the stepped thread the only one of its process that runs? Only then may step_to() plant a trap
 * instruction in its code: the other threads are not traced, and SIGTRAP would kill them. They are
 * the runner's, which sleep until they are needed, and background threads of the allocator.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct alone {
	pid_t pid, tid;  /* the stepped thread */
	pid_t suspect;   /* the only other one that may have run since `sure` was set; 0: any */
	bool sure;       /* all others were asleep at the last check */
	bool fork_waits; /* set by the caller: a fork request is not answered yet */
};

/*
 * True when all others sleep in an untimed futex wait, which only the stepped thread or forklab can
 * end, and no fork is requested. Reads /proc only if it has to.
 */
bool alone_now(struct alone *alone);

/* That thread may have been woken; 0: any thread. */
void alone_woken(struct alone *alone, pid_t tid);

/* The stepped thread has made this system call, which may have woken others. */
void alone_called(struct alone *alone, uint64_t syscall);
