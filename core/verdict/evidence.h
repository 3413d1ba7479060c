/*
 * Evidence on a stuck, dead or damaged process, as data. Everything is read from outside, before
 * the process is killed.
 */
#pragma once

#include "deadlock.h"
#include "model.h"
#include "proc.h"
#include "shm.h"

/*
 * One process under suspicion. The process may scribble on the shared page: read it with care.
 * `trial` is the trial that the process belongs to; `parent` is true for the runner, false for the
 * child.
 */
struct suspect {
	const struct shm *shm;
	const struct trial *trial;
	pid_t pid;
	bool parent;
	uint64_t deadline_ns; /* without progress, after which it is given up */
	/*
	 * Another process was examined in the same wait: who else could hold what it waits for is
	 * looked for among its parent and its children only.
	 */
	bool known_wait;
	/* In a sweep, a thread that waits for forklab, outside of the allocator; 0: none. */
	pid_t idle_tid;
};

/* Adds a reason to the finding; returns it for its texts, or NULL when there is no room. */
struct reason *evidence_reason(
	struct finding *finding, enum reason_kind kind, uint64_t number, uint64_t more);

/* Which thread of the runner has that tid; THREAD_UNKNOWN: none that it has started. */
struct thread_role evidence_role(const struct shm *shm, int32_t tid);

/* Fills in what the shared page says: trial, step, call, and the workers' calls at the fork. */
void evidence_from_shm(struct finding *finding, const struct suspect *suspect);

/*
 * The published lock that an address lies in: true, and its entry in *found, which comes from the
 * shared page and is as little to be trusted.
 */
bool evidence_named_lock(const struct shm *shm, uint64_t address, struct named_lock *found);

/*
 * Fills in the futex: word, lock's name or place, owner, and whether the owner exists in the
 * process, whose threads are in `scan`.
 */
void evidence_lock(struct finding *finding, const struct suspect *suspect, uint64_t futex,
	const struct proc_scan *scan);

/* Fills in where the stuck thread is. */
void evidence_waiter(
	struct finding *finding, const struct suspect *suspect, uint64_t pc, uint64_t sp);
