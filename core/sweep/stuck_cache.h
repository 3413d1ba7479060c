/*
 * Stuck processes that were examined before. A child that waits in the same call, at the same
 * instruction, for the same word with the same value as an earlier one is in the same state as far
 * as the lock is concerned: the earlier evidence holds for it too, and it need not be watched as
 * long. So one hang that takes seconds to judge is paid for once, not at every fork point.
 */
#pragma once

#include "evidence.h"
#include "model.h"

#include <stdbool.h>
#include <stdint.h>

enum { STUCK_CACHE_MAX = 32 };

struct stuck_cache {
	unsigned livelocks; /* found so far, of any kind */
	unsigned count;
	struct finding finding[STUCK_CACHE_MAX]; /* `trial` is its point */
};

/* Remembers a finding, unless it is one that is proven in no time (a futex deadlock). */
void stuck_cache_add(struct stuck_cache *cache, const struct finding *finding);

/*
 * True when the process is in a wait that is known. Then *finding has verdict, certainty, wait,
 * lock, waiter and reasons. `quiet_ns`: how long it has made no progress. A wait without proof or
 * evidence is shared only by a child that has been in it for a while.
 */
bool stuck_cache_lookup(const struct stuck_cache *cache, const struct suspect *suspect,
	uint64_t quiet_ns, struct finding *finding);

/*
 * The proven deadlock of an earlier process that waits for the same descriptor, in the same call:
 * the proof for this one can then be shorter, see `known_wait` of struct suspect. NULL: none.
 */
const struct finding *stuck_cache_known_wait(
	const struct stuck_cache *cache, const struct suspect *suspect);

/* The loops without a system call that are known: their number, up to STUCK_CACHE_MAX. */
unsigned stuck_cache_loops(
	const struct stuck_cache *cache, const struct finding *loops[STUCK_CACHE_MAX]);

/* Adds to a finding that an earlier one is of the same state. */
void stuck_cache_refer(struct finding *finding, const struct finding *earlier);

/* Fills in *finding for a process that is in the same state as an earlier one. */
void stuck_cache_share(struct finding *finding, const struct finding *earlier);
