/*
 * Is a process deadlocked? Pure functions of the result of proc_scan() and of what wait_source.h
 * says. docs/verdicts.md states the conditions and their limits.
 */
#pragma once

#include "proc.h"
#include "task_wait.h"

#include <stdbool.h>
#include <stdint.h>

/* The first reason why a process is not proven to be deadlocked. */
enum deadlock_obstacle {
	DEADLOCK_PROVEN = 0, /* none */
	DEADLOCK_TOO_MANY_THREADS,
	DEADLOCK_TIMER,             /* it has a POSIX timer, which may send a signal */
	DEADLOCK_ALARM,             /* it has an interval timer: alarm(2), setitimer(2) */
	DEADLOCK_CHILD_SIGNAL,      /* it catches signals, and a living child may send one */
	DEADLOCK_IO_SIGNAL,         /* and a descriptor sends one when it becomes ready */
	DEADLOCK_IO_URING,          /* it has an io_uring, whose requests may wake a thread */
	DEADLOCK_MEMORY_OF_PROCESS, /* another process uses the same memory (CLONE_VM) */
	DEADLOCK_TRACED,            /* a debugger, which may do anything */
	DEADLOCK_NOT_WAITING,       /* a thread is not in a wait without a timeout */
	DEADLOCK_RAN,               /* a thread ran during the scan */
	DEADLOCK_SHARED_FUTEX,      /* another process shares the futex word and may wake it */
	DEADLOCK_PI_OWNER,          /* the owner of a priority-inheritance lock is elsewhere */
	DEADLOCK_WORD_CHANGED,      /* the futex word has another value already */
	DEADLOCK_OTHER_SLEEP,       /* in the kernel it sleeps elsewhere: frozen, a page fault */
	DEADLOCK_SIGNAL_PENDING,    /* a signal with a handler is pending */
	DEADLOCK_SIGNAL_AWAITED,    /* it waits for a signal that another process may send */
	DEADLOCK_DESCRIPTOR_HELD,   /* another process holds what it waits for */
	DEADLOCK_DESCRIPTOR_QUEUED, /* descriptors lie in a socket's queue, perhaps this one */
	DEADLOCK_DESCRIPTOR_KIND,   /* it waits for a socket, file, device, timer, … */
	DEADLOCK_CHILD_RUNS,        /* it waits for a child that is not stuck */
	DEADLOCK_UNREADABLE,        /* what it waits for cannot be read */
	DEADLOCK_NOTHING_BLOCKED,   /* every thread is paused by forklab */
	DEADLOCK_OBSTACLES
};

/* What else is known about a thread; same index as in the scan. */
struct deadlock_thread {
	bool memory_shared;            /* the futex word is in a shared mapping */
	bool paused;                   /* by forklab, while it holds no lock of the allocator */
	enum deadlock_obstacle source; /* what outside could end its wait: wait_source() */
};

/* What else is known about the process. All false: nothing that could end a wait. */
struct deadlock_process {
	bool children_stuck;    /* all its living children are proven to be stuck */
	bool memory_of_process; /* another process uses the same memory */
	bool io_uring;
	bool io_signals;
};

/* Signals that the kernel sends only for what the process itself does: nobody sends them on
 * purpose. */
extern const uint64_t deadlock_kernel_signals;

/* Whether a thread has a handler for a signal that is not blocked; libc's own do not count. */
bool deadlock_catches_signals(const struct proc_scan *scan);

/*
 * DEADLOCK_PROVEN: no thread of the process can go on by itself, and nothing can wake one. Interval
 * timers are not visible in /proc: see interval_timers.h.
 */
enum deadlock_obstacle deadlock_check(const struct proc_scan *scan,
	const struct deadlock_process *process, const struct deadlock_thread *threads);
