#pragma once

#include "cost_shm.h"

#include <stdint.h>

enum cost_phase {
	COST_PHASE_IDLE,  /* sleep */
	COST_PHASE_BUILD, /* build a part of the heap, then sleep */
	COST_PHASE_WORK,  /* allocate and free until the next phase */
	COST_PHASE_TIMED, /* the same, and time each call */
	COST_PHASE_CACHE, /* free some blocks of known sizes, then sleep */
	COST_PHASE_EXIT   /* end the thread */
};

/* Starts that many background threads, idle. 0 or -errno. Main thread. */
int cost_threads_start(uint32_t count);

/*
 * Sets the phase of all threads. Waits until each has begun it, or has finished it if the phase has
 * an end.
 */
void cost_threads_set_phase(enum cost_phase what);

/* After COST_PHASE_EXIT. */
void cost_threads_join(void);

/* Number of background calls; without threads, those of cost_threads_run_self(). */
uint64_t cost_threads_operations(void);

/* Without threads the main thread does the background work itself, for `ns` nanoseconds. */
void cost_threads_run_self(enum cost_phase what, uint64_t ns);

/* How background calls that begin or end now are counted. */
enum cost_interval {
	COST_INTERVAL_QUIET,  /* without a fork */
	COST_INTERVAL_FORK,   /* around a fork: from the call of fork() to the end of the child */
	COST_INTERVAL_IGNORED /* not at all */
};
void cost_interval_set(enum cost_interval now);

/* The longest call around a fork since the last call of this function. Main thread. */
uint64_t cost_interval_longest(void);

/* The sizes of the blocks of COST_PHASE_CACHE. */
extern const uint32_t cost_cached_size[COST_SIZES];
