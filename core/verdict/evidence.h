/*
 * Evidence on a stuck, dead or damaged process, in numbers and in words. Everything is read from
 * outside, before the process is killed.
 */
#ifndef FORKLAB_EVIDENCE_H
#define FORKLAB_EVIDENCE_H

#include "deadlock.h"
#include "model.h"
#include "proc.h"
#include "shm.h"

/*
 * One process under suspicion. `page` is the live page: read with care. `trial` is the trial that
 * it belongs to; `parent` is true for the runner, false for the child.
 */
struct suspect {
	const struct shm *shm;
	const struct trial *trial;
	pid_t pid;
	bool parent;
};

/* Adds a reason to the finding's numbered list; extra ones are dropped. */
__attribute__((format(printf, 2, 3))) void evidence_reason(
	struct finding *finding, const char *format, ...);

/* Fills in what the page tells: trial, step, call. For every kind of finding. */
void evidence_from_shm(struct finding *finding, const struct suspect *suspect);

/*
 * The published lock that an address lies in: true, and its entry in *found, which is the page's
 * own and as little to be trusted.
 */
bool evidence_named_lock(const struct shm *shm, uint64_t address, struct named_lock *found);

/* "worker 2", "the main thread", or "" for a tid that is none of the parent's. */
void evidence_thread_role(const struct shm *shm, int32_t tid, char *text, size_t size);

/*
 * Fills in the futex: word, lock's name or place, owner, whether the owner exists in the process.
 * `tasks` is the process's own list of threads.
 */
void evidence_lock(struct finding *finding, const struct suspect *suspect, uint64_t futex,
	const struct proc_scan *scan);

/* Fills in where the stuck thread is. */
void evidence_waiter(
	struct finding *finding, const struct suspect *suspect, uint64_t pc, uint64_t sp);

/* "worker 2 was in malloc(1500), worker 3 in free()" at the fork; "" when nobody was. */
void evidence_allocator_calls(const struct suspect *suspect, char *text, size_t size);

/* Composes finding->sentence from all the rest; `why` is the judge's sentence. Call it last. */
void evidence_sentence(struct finding *finding, const struct suspect *suspect, const char *why,
	const char *output);

#endif
