#include "cost_grid.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define MIB (UINT64_C(1) << 20)

static const uint32_t usual_threads[] = {0, 1, 4, 16}, quick_threads[] = {0, 4};
static const uint64_t usual_heaps[] = {1 * MIB, 32 * MIB, 256 * MIB, 1024 * MIB};
enum { MIDDLE_HEAP = 1, THREADS = 4 };

/* Lists of one run, from the options or the defaults. */
struct lists {
	const uint32_t *thread;
	const uint64_t *heap;
	size_t threads, heaps;
	bool cross; /* not every combination */
};

static struct lists choose_lists(const struct options *options)
{
	const struct cost_options *cost = &options->cost;
	bool quick = cost->effort == COST_QUICK, thorough = cost->effort == COST_THOROUGH;
	struct lists lists = {
		.thread = quick ? quick_threads : usual_threads,
		.threads = quick ? 2 : 4,
		.heap = usual_heaps,
		.heaps = quick      ? 2
			 : thorough ? 4
				    : 3,
		.cross = !thorough && !cost->threads && !cost->heaps,
	};
	if (cost->threads) {
		lists.thread = cost->thread;
		lists.threads = cost->threads;
		lists.heap = &usual_heaps[MIDDLE_HEAP];
		lists.heaps = 1;
	}
	if (cost->heaps) {
		static const uint32_t some = THREADS;
		lists.heap = cost->heap;
		lists.heaps = cost->heaps;
		if (!cost->threads) {
			lists.thread = &some;
			lists.threads = 1;
		}
	}
	return lists;
}

/* The heap, as much again for what children and parent copy of it, and what surrounds all that. */
uint64_t cost_grid_need(uint64_t heap_bytes)
{
	return heap_bytes / 2 * 5 + 256 * MIB;
}

static bool is_wanted(
	const struct lists *lists, const struct options *options, const struct cost_place *place)
{
	bool middle = place->heap_bytes == usual_heaps[MIDDLE_HEAP];
	bool some = place->threads == THREADS;
	if (options->cost.pages)
		return (options->cost.pages >> place->huge & 1) &&
		       (!lists->cross || middle || some);
	if (!lists->cross)
		return !place->huge;
	return place->huge ? middle && some : middle || some;
}

struct building {
	struct cost_grid *grid;
	const struct options *options;
	const struct lists *lists;
	const struct catalogue_allocator *const *allocator;
	size_t allocators;
};

static void add_row(const struct building *b, struct cost_place place)
{
	if (!is_wanted(b->lists, b->options, &place))
		return;
	for (size_t m = 0; m < b->options->methods; m++)
		for (size_t a = 0; a < b->allocators; a++) {
			place.method = b->options->method[m];
			place.allocator = b->allocator[a];
			b->grid->place[b->grid->places++] = place;
		}
}

static int too_large(struct cost_grid *grid, const struct options *options, uint64_t heap,
	uint64_t available, char *error, size_t size)
{
	unsigned long long mib = heap / MIB, there = available / MIB;
	if (options->cost.heaps) {
		snprintf(error, size,
			"--heap %lluM does not fit: with its copies it takes up to %llu MiB, and "
			"%llu MiB are available; choose a smaller one",
			mib, (unsigned long long)(cost_grid_need(heap) / MIB), there);
		return -EINVAL;
	}
	snprintf(grid->note, sizeof grid->note,
		"Heaps of %llu MiB and more are left out: only %llu MiB of memory are available.",
		mib, there);
	return 0;
}

int cost_grid_make(struct cost_grid *grid, const struct options *options,
	const struct catalogue_allocator *const *allocator, size_t allocators, uint64_t available,
	char *error, size_t size)
{
	struct lists lists = choose_lists(options);
	const struct building b = {grid, options, &lists, allocator, allocators};
	*grid = (struct cost_grid){
		.place = calloc(lists.heaps * lists.threads * 2 * options->methods * allocators + 1,
			sizeof *grid->place)};
	if (!grid->place) {
		snprintf(error, size, "no memory");
		return -ENOMEM;
	}
	for (size_t h = 0; h < lists.heaps; h++) {
		if (cost_grid_need(lists.heap[h]) > available) {
			int status =
				too_large(grid, options, lists.heap[h], available, error, size);
			if (status != 0)
				return status;
			break;
		}
		for (int huge = 0; huge < 2; huge++)
			for (size_t t = 0; t < lists.threads; t++)
				add_row(&b, (struct cost_place){.threads = lists.thread[t],
						    .heap_bytes = lists.heap[h],
						    .huge = huge});
	}
	return 0;
}

void cost_grid_free(struct cost_grid *grid)
{
	free(grid->place);
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
