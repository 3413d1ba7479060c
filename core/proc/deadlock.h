/*
 * Is it for ever? Pure functions over what proc_scan() saw: no system call, unit tested. The
 * conditions and their limits are in docs/verdicts.md.
 */
#ifndef FORKLAB_DEADLOCK_H
#define FORKLAB_DEADLOCK_H

#include "proc.h"

#include <stdbool.h>
#include <stdint.h>

/* What one thread waits for. */
enum wait_kind {
	WAIT_NONE,          /* it runs, or wants to */
	WAIT_FUTEX,         /* a futex, without a timeout */
	WAIT_FUTEX_TIMED,   /* a futex, with a timeout */
	WAIT_SLEEP,         /* nanosleep and the like */
	WAIT_YIELD,         /* sched_yield */
	WAIT_OTHER_SYSCALL, /* blocked in any other system call */
	WAIT_STOPPED,       /* by a signal or a tracer: says nothing about it */
	WAIT_KERNEL         /* uninterruptible, or a page fault: the kernel is at work for it */
};

struct task_wait {
	enum wait_kind kind;
	uint64_t futex;     /* address of the word, for the futex kinds */
	uint32_t expected;  /* value that it was asked to wait on */
	bool private_futex; /* FUTEX_PRIVATE_FLAG: only this memory map can wake it */
};

/* What this thread waits for. */
struct task_wait task_wait(const struct proc_task *task);

/* What is known about a thread beside the look itself; same index as in the look. */
struct deadlock_thread {
	bool memory_shared; /* its futex word lies in a mapping shared with other processes */
	bool paused;        /* it naps at forklab's own gate, without any lock of the allocator's */
};

/*
 * True when no thread of the process can ever run on by itself and nobody else can wake it. If not,
 * *why_not is a static string.
 */
bool deadlock_is_proven(
	const struct proc_scan *scan, const struct deadlock_thread *threads, const char **why_not);

#endif
