/* Reads the output of `forklab cost --format json`. */
#pragma once

#include "cost_model.h"

/*
 * Reads the figures of one grid point (method fork, usual pages) from a file, for these allocators,
 * or without any for all in the file. Into cell[most], with their number in *count; *noisy: the
 * machine was too noisy. 0, or -EINVAL with one sentence for the user: no such file, truncated,
 * another schema, or no such figures.
 */
int cost_load(const char *path, uint32_t threads, uint64_t heap_bytes, const char *const *allocator,
	size_t allocators, struct cost_cell *cell, size_t most, size_t *count, bool *noisy,
	char *error, size_t size);
