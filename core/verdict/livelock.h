/*
 * Livelock: a thread that burns its processor, or wakes and sleeps, without progress. See
 * docs/verdicts.md for what is proven and what is only strong evidence.
 */
#pragma once

#include "evidence.h"

#include <stdbool.h>
#include <stdint.h>

/* What was seen of a thread since its last progress. All zero at the beginning. */
struct livelock_history {
	bool started;
	pid_t tid; /* of the thread; another one starts again */
	uint64_t cpu_start_ns;
	uint64_t futex;              /* of the timed wait it comes back to */
	uint32_t word;               /* that it found there */
	uint64_t voluntary_switches; /* its count of them when `waits` was last updated */
	unsigned waits;              /* times that it fell asleep since then */
	uint64_t next_cpu_ns;        /* examine again after that much CPU time, */
	unsigned next_wait;          /* or that many waits */
	unsigned attempts;           /* at a proof, each with twice the time of the one before */
	uint64_t spin_word;          /* that looked like a lock at the last attempt, */
	unsigned same_word_count;    /* as it did at so many attempts before that */
	uint64_t started_ns;         /* CLOCK_MONOTONIC */
};

/* Adds what was seen of the thread at this tick. */
void livelock_sample(struct livelock_history *history, pid_t pid, const struct proc_task *task);

/*
 * True when the thread is in a livelock, proven or by strong evidence; *finding then has certainty,
 * lock, waiter and reasons. It may stop a suspected thread for some milliseconds (ptrace). `alone`
 * says that no other thread can change its memory.
 */
bool livelock_detect(struct livelock_history *history, const struct suspect *suspect,
	const struct proc_task *task, bool alone, struct finding *finding);

/*
 * The same in one call, for a thread that no other thread can release: it is followed for some
 * thousand instructions, however long that takes, so the answer does not depend on the machine's
 * load. True when its state is proven to recur, or when it came back to the same timed futex wait
 * on the same word with the same value (strong evidence), or when it went through nothing but the
 * code of one of the `known` loops, around the same lock word with the same value: *same_as is that
 * finding then, else NULL. Moves the thread to the caller's CPU.
 */
bool livelock_detect_stepped(const struct suspect *suspect, const struct proc_task *task,
	const struct finding *const *known, unsigned known_count, struct finding *finding,
	const struct finding **same_as);
