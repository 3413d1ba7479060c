#pragma once

#include <stdint.h>

/* CLOCK_MONOTONIC in nanoseconds. Async-signal-safe. */
uint64_t clock_ns(void);

/* Spins for about `ns` nanoseconds without yielding the processor. */
void clock_spin(uint64_t ns);

/* Sleeps for `ns` nanoseconds, less than a second, also across signals. Async-signal-safe. */
void clock_sleep(long ns);
