#include "cost_grid.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define MIB (UINT64_C(1) << 20)

static const uint32_t usual_threads[] = {0, 1, 4, 16}, quick_threads[] = {0, 4};
static const uint64_t usual_heaps[] = {1 * MIB, 32 * MIB, 256 * MIB, 1024 * MIB};
enum { MIDDLE_HEAP = 1, THREADS = 4 };

/* The lists of one run, from the options or the defaults. */
struct grid_axes {
	const uint32_t *thread;
	const uint64_t *heap;
	size_t threads, heaps;
	bool cross; /* not every combination */
};

static struct grid_axes choose_axes(const struct options *options)
{
	const struct cost_options *cost = &options->cost;
	bool quick = options->effort == EFFORT_QUICK, thorough = options->effort == EFFORT_THOROUGH;
	struct grid_axes axes = {
		.thread = quick ? quick_threads : usual_threads,
		.threads = quick ? 2 : 4,
		.heap = usual_heaps,
		.heaps = quick      ? 2
			 : thorough ? 4
				    : 3,
		.cross = !thorough && !cost->threads && !cost->heaps,
	};
	if (cost->threads) {
		axes.thread = cost->thread;
		axes.threads = cost->threads;
		axes.heap = &usual_heaps[MIDDLE_HEAP];
		axes.heaps = 1;
	}
	if (cost->heaps) {
		static const uint32_t default_threads = THREADS;
		axes.heap = cost->heap;
		axes.heaps = cost->heaps;
		if (!cost->threads) {
			axes.thread = &default_threads;
			axes.threads = 1;
		}
	}
	return axes;
}

/* The heap, the same again for what child and parent copy of it, and overhead. */
uint64_t cost_grid_memory_bytes(uint64_t heap_bytes)
{
	return heap_bytes / 2 * 5 + 256 * MIB;
}

static bool is_wanted(const struct grid_axes *axes, const struct options *options,
	const struct cost_config *config)
{
	bool middle = config->heap_bytes == usual_heaps[MIDDLE_HEAP];
	bool default_threads = config->threads == THREADS;
	if (options->cost.pages)
		return (options->cost.pages >> config->huge & 1) &&
		       (!axes->cross || middle || default_threads);
	if (!axes->cross)
		return !config->huge;
	return config->huge ? middle && default_threads : middle || default_threads;
}

struct grid_builder {
	struct cost_grid *grid;
	const struct options *options;
	const struct grid_axes *axes;
	const struct catalogue_allocator *const *allocator;
	size_t allocators;
};

static void add_configs(const struct grid_builder *b, struct cost_config config)
{
	if (!is_wanted(b->axes, b->options, &config))
		return;
	for (size_t m = 0; m < b->options->methods; m++)
		for (size_t a = 0; a < b->allocators; a++) {
			config.method = b->options->method[m];
			config.allocator = b->allocator[a];
			b->grid->config[b->grid->configs++] = config;
		}
}

static int heap_too_large(struct cost_grid *grid, const struct options *options, uint64_t heap,
	uint64_t available, char *error, size_t size)
{
	unsigned long long mib = heap / MIB, available_mib = available / MIB;
	if (options->cost.heaps) {
		snprintf(error, size,
			"--heap %lluM does not fit: with its copies it takes up to %llu MiB, and "
			"%llu MiB are available; choose a smaller one",
			mib, (unsigned long long)(cost_grid_memory_bytes(heap) / MIB),
			available_mib);
		return -EINVAL;
	}
	snprintf(grid->note, sizeof(grid->note),
		"Heaps of %llu MiB and more are left out: only %llu MiB of memory are available.",
		mib, available_mib);
	return 0;
}

int cost_grid_make(struct cost_grid *grid, const struct options *options,
	const struct catalogue_allocator *const *allocator, size_t allocators, uint64_t available,
	char *error, size_t size)
{
	struct grid_axes axes = choose_axes(options);
	const struct grid_builder b = {grid, options, &axes, allocator, allocators};
	*grid = (struct cost_grid){
		.config = calloc(axes.heaps * axes.threads * 2 * options->methods * allocators + 1,
			sizeof(*grid->config))};
	if (!grid->config) {
		snprintf(error, size, "no memory");
		return -ENOMEM;
	}
	for (size_t h = 0; h < axes.heaps; h++) {
		if (cost_grid_memory_bytes(axes.heap[h]) > available) {
			int status =
				heap_too_large(grid, options, axes.heap[h], available, error, size);
			if (status != 0)
				return status;
			break;
		}
		for (int huge = 0; huge < 2; huge++)
			for (size_t t = 0; t < axes.threads; t++)
				add_configs(&b, (struct cost_config){.threads = axes.thread[t],
							.heap_bytes = axes.heap[h],
							.huge = huge});
	}
	return 0;
}

void cost_grid_free(struct cost_grid *grid)
{
	free(grid->config);
	*grid = (struct cost_grid){0};
}

/* splitmix64, as in the runner. */
static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Fisher and Yates, in Durstenfeld's form. */
void cost_grid_order(uint32_t *order, size_t count, uint64_t seed, uint32_t round)
{
	uint64_t state = seed ^ ((uint64_t)round << 32 | 0x636f7374);
	for (size_t i = 0; i < count; i++)
		order[i] = (uint32_t)i;
	for (size_t i = count; i > 1; i--) {
		size_t other = (size_t)(((next(&state) >> 32) * i) >> 32);
		uint32_t swapped = order[i - 1];
		order[i - 1] = order[other];
		order[other] = swapped;
	}
}
