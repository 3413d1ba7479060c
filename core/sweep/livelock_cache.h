/*
 * Livelocks that were examined before. A child that waits in the same call, at the same
 * instruction, for the same word with the same value as an earlier one is in the same state as far
 * as the lock is concerned. The earlier evidence holds for it too, and it need not be watched as
 * long.
 */
#pragma once

#include "evidence.h"
#include "model.h"

#include <stdbool.h>
#include <stdint.h>

enum { LIVELOCK_CACHE_MAX = 16 };

struct livelock_cache_entry {
	uint64_t pc, futex;
	uint32_t value;
	struct finding finding;
};

struct livelock_cache {
	unsigned livelocks; /* found so far, of any kind */
	unsigned count;
	struct livelock_cache_entry entry[LIVELOCK_CACHE_MAX];
};

/* Remembers a livelock that was examined in full. Other findings are ignored. */
void livelock_cache_add(struct livelock_cache *livelock_cache, const struct finding *finding);

/*
 * True when the process is in a timed futex wait that is known. Then *finding has verdict,
 * certainty, lock, waiter and reasons.
 */
bool livelock_cache_lookup(const struct livelock_cache *livelock_cache,
	const struct suspect *suspect, struct finding *finding);
