/* Reading what `forklab cost --format json` has written. */
#ifndef FORKLAB_COST_LOAD_H
#define FORKLAB_COST_LOAD_H

#include "cost_model.h"

/*
 * Reads the figures of one place of the grid (method fork, usual pages) from a file: of these
 * allocators, or, without any, of all that the file has. Into cell[most], *count of them; *noisy:
 * the machine was too noisy then. 0, or
 * -EINVAL with one sentence for the user: no such file, not whole, of another schema, or without
 * these figures.
 */
int cost_load(const char *path, uint32_t threads, uint64_t heap_bytes, const char *const *allocator,
	size_t allocators, struct cost_cell *cell, size_t most, size_t *count, bool *noisy,
	char *error, size_t size);

#endif
