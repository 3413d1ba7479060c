/* Which cells are measured, and in which order. Pure. */
#pragma once

#include "catalogue.h"
#include "options.h"

struct cost_config {
	const struct catalogue_allocator *allocator;
	enum fork_method method;
	uint32_t threads;
	uint64_t heap_bytes;
	bool huge;
};

struct cost_grid {
	size_t configs;
	struct cost_config *config;
	char note[MODEL_TEXT_MAX]; /* what did not fit into memory */
};

/*
 * The grid that the options ask for: every combination of the lists. Without lists a cross: all
 * thread counts with the middle heap, all heaps with some threads, and huge pages in the middle.
 * `available` is the memory in bytes. 0, or -EINVAL (a requested heap does not fit) or -ENOMEM with
 * one sentence for the user. Release with cost_grid_free().
 */
int cost_grid_make(struct cost_grid *grid, const struct options *options,
	const struct catalogue_allocator *const *allocator, size_t allocators, uint64_t available,
	char *error, size_t size);
void cost_grid_free(struct cost_grid *grid);

/* The order of one round, a permutation of 0 to count-1 that depends on seed and round only. */
void cost_grid_order(uint32_t *order, size_t count, uint64_t seed, uint32_t round);

/* The memory that a heap of that size takes at most, with all copies. */
uint64_t cost_grid_memory_bytes(uint64_t heap_bytes);
