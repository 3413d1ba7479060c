/*
 * Is a process deadlocked? Pure functions of the result of proc_scan(). docs/verdicts.md states the
 * conditions and their limits.
 */
#pragma once

#include "proc.h"

#include <stdbool.h>
#include <stdint.h>

/* What one thread waits for. */
enum wait_kind {
	WAIT_NONE,          /* running or runnable */
	WAIT_FUTEX,         /* a futex, without a timeout */
	WAIT_FUTEX_TIMED,   /* a futex, with a timeout */
	WAIT_SLEEP,         /* nanosleep and the like */
	WAIT_YIELD,         /* sched_yield */
	WAIT_OTHER_SYSCALL, /* any other blocking system call */
	WAIT_STOPPED,       /* by a signal or a tracer: its wait is unknown */
	WAIT_KERNEL         /* uninterruptible, or a page fault */
};

struct task_wait {
	enum wait_kind kind;
	uint64_t futex;     /* address of the futex word, for the futex kinds */
	uint32_t expected;  /* the value that it waits on */
	bool private_futex; /* FUTEX_PRIVATE_FLAG: only threads with this memory map can wake it */
};

/* What this thread waits for. */
struct task_wait task_wait(const struct proc_task *task);

/* What else is known about a thread; same index as in the scan. */
struct deadlock_thread {
	bool memory_shared; /* the futex word is in a shared mapping */
	bool paused;        /* by forklab, while it holds no lock of the allocator */
};

/* The first reason why a process is not proven to be deadlocked. */
enum deadlock_obstacle {
	DEADLOCK_PROVEN = 0, /* none */
	DEADLOCK_TOO_MANY_THREADS,
	DEADLOCK_TIMER,           /* it has a POSIX timer, which may send a signal */
	DEADLOCK_CHILD_SIGNAL,    /* it catches signals, and a living child may send one */
	DEADLOCK_NOT_WAITING,     /* a thread is not in an untimed futex wait */
	DEADLOCK_RAN,             /* a thread ran during the scan */
	DEADLOCK_SHARED_FUTEX,    /* another process shares the futex word and may wake it */
	DEADLOCK_SIGNAL_PENDING,  /* a signal with a handler is pending */
	DEADLOCK_NOTHING_BLOCKED, /* every thread is paused by forklab */
};

/* DEADLOCK_PROVEN: no thread of the process can go on by itself, and nothing can wake one. */
enum deadlock_obstacle deadlock_check(
	const struct proc_scan *scan, const struct deadlock_thread *threads);
