/*
 * What a thread waits for, from the system call that /proc shows. A pure function, except for
 * task_wait_descriptors() and task_wait_words(), which read the memory of the process.
 */
#pragma once

#include "proc.h"

#include <stdbool.h>
#include <stdint.h>

enum { WAIT_DESCRIPTORS_MAX = 16, WAIT_WORDS_MAX = 8 };

/* What ends the wait of a thread. */
enum wait_kind {
	WAIT_NONE,          /* running or runnable */
	WAIT_FUTEX,         /* a futex, without a timeout */
	WAIT_FUTEX_TIMED,   /* a futex, with a timeout */
	WAIT_SLEEP,         /* the passing of time: nanosleep, poll() without descriptors */
	WAIT_YIELD,         /* sched_yield */
	WAIT_DESCRIPTOR,    /* a descriptor that becomes ready, without a timeout */
	WAIT_CHILD,         /* a child process that changes state */
	WAIT_SIGNAL,        /* a signal: pause, sigsuspend, sigwait; without a timeout */
	WAIT_OTHER_SYSCALL, /* any other blocking system call */
	WAIT_STOPPED,       /* by a signal or a tracer: its wait is unknown */
	WAIT_KERNEL         /* uninterruptible, or a page fault */
};

struct task_wait {
	enum wait_kind kind;
	uint64_t futex;    /* address of the futex word, for the futex kinds; 0 for several words */
	uint32_t expected; /* the value that it waits on */
	bool private_futex; /* FUTEX_PRIVATE_FLAG: only threads with this memory map can wake it */
	uint64_t pi_word; /* the lock word that names an owner, for priority inheritance; 0: none */
	bool words;       /* several words: see task_wait_words() */
	int fd;           /* descriptor argument of the call; -1: none, or several */
	bool takes_signal; /* of WAIT_SIGNAL: it takes signals of a set, and needs no handler */
};

/* What this thread waits for. */
struct task_wait task_wait(const struct proc_task *task);

/* Whether only an event ends it, and no passing of time. */
bool wait_is_untimed(enum wait_kind kind);

/* The name of a system call that may block, as in "read"; NULL: not in the list. */
const char *task_wait_call_name(long number);

/*
 * The descriptors that a thread in WAIT_DESCRIPTOR waits for: their count, or -E2BIG (more than
 * WAIT_DESCRIPTORS_MAX) or -EFAULT (the process's memory cannot be read).
 */
int task_wait_descriptors(
	pid_t pid, const struct proc_task *task, int descriptors[WAIT_DESCRIPTORS_MAX]);

/* One of the words of futex_waitv(2). */
struct wait_word {
	uint64_t address;
	uint32_t expected;
	bool private_futex;
};

/* The words of a thread in futex_waitv(2): their count, -E2BIG or -EFAULT. */
int task_wait_words(
	pid_t pid, const struct proc_task *task, struct wait_word words[WAIT_WORDS_MAX]);
