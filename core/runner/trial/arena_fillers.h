#pragma once

/*
 * Starts as many threads as the allocator has arenas at most; each allocates once and then sleeps
 * forever. 0 or -errno.
 */
int arena_fillers_start(void);
