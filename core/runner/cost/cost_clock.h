#pragma once

#include <stdint.h>

/* CLOCK_MONOTONIC_RAW in nanoseconds. Async-signal-safe. */
uint64_t cost_clock(void);

/* splitmix64 on that state, reduced to 0 .. bound-1. */
uint32_t cost_random_below(uint64_t *state, uint32_t bound);
