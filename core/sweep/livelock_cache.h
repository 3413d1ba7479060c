/*
 * Livelocks that were examined already. A child that waits in the same call, at the same
 * instruction, for the same word with the same value as an earlier one is in the same state as far
 * as the lock goes: what was found of the earlier one holds for it, and it need not be watched as
 * long again.
 */
#ifndef FORKLAB_LIVELOCK_CACHE_H
#define FORKLAB_LIVELOCK_CACHE_H

#include "evidence.h"
#include "model.h"

#include <stdbool.h>
#include <stdint.h>

enum { PRECEDENTS_MAX = 16 };

struct precedent {
	uint64_t pc, futex;
	uint32_t value;
	struct finding finding;
};

struct precedents {
	unsigned livelocks; /* found so far, of any kind */
	unsigned count;
	struct precedent known[PRECEDENTS_MAX];
};

/* Remembers a livelock that was examined in full. Others are ignored. */
void precedents_add(struct precedents *precedents, const struct finding *finding);

/*
 * True when the process is in a timed futex wait like one that is known; then *finding has verdict,
 * certainty, lock, waiter and reasons.
 */
bool precedents_apply(const struct precedents *precedents, const struct suspect *suspect,
	struct finding *finding);

#endif
