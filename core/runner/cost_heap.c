/* The live heap: blocks of all sizes, made by all threads, and written to. */
#include "cost.h"
#include "runner.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

enum {
	AVERAGE_MIN = 512, /* bytes: the blocks of the mix are larger than that, on average */
	ROOM_MIN = 4096,   /* entries of a part */
	PAGE = 4096,
};

struct block_entry {
	unsigned char *at;
	size_t size;
};

/*
 * Shared memory: it is written to by a parent whose child lives, and is not to be copied for that.
 */
static struct block_entry *entries;
static uint64_t bytes_each;
static uint32_t parts, room;
static uint32_t count[PAGE_WORKERS_MAX];

/*
 * Mostly small, as in a server, and some that caches do not take; on average 1.4 KiB.
 * Not lab_mixed_size(): that has many large blocks, to reach an allocator's rare paths.
 */
uint32_t cost_size(uint64_t *state)
{
	uint32_t pick = cost_below(state, 100);
	if (pick < 70)
		return 16 + cost_below(state, 496);
	if (pick < 96)
		return 512 + cost_below(state, 3584);
	return 4096 + cost_below(state, 28 * 1024);
}

int cost_heap_prepare(uint64_t bytes, uint32_t how_many)
{
	parts = how_many ? how_many : 1;
	bytes_each = bytes / parts;
	room = (uint32_t)(bytes_each / AVERAGE_MIN) + ROOM_MIN;
	void *map = mmap(NULL, (size_t)parts * room * sizeof *entries, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return -errno;
	entries = map;
	return 0;
}

static void write_to(const struct block_entry *block)
{
	for (size_t offset = 0; offset < block->size; offset += PAGE)
		((volatile unsigned char *)block->at)[offset] = 1;
}

bool cost_heap_build(uint32_t part)
{
	uint64_t state = runner.page->plan.seed + part, built = 0;
	struct block_entry *mine = &entries[(size_t)part * room];
	uint32_t made = 0;
	while (built < bytes_each && made < room) {
		struct block_entry *block = &mine[made];
		block->size = cost_size(&state);
		block->at = malloc(block->size);
		if (!block->at)
			return false;
		write_to(block);
		built += block->size;
		made++;
	}
	count[part] = made;
	return true;
}

uint64_t cost_heap_blocks(void)
{
	uint64_t sum = 0;
	for (uint32_t part = 0; part < parts; part++)
		sum += count[part];
	return sum;
}

static struct block_entry *pick(uint64_t *state)
{
	uint32_t part = cost_below(state, parts);
	return &entries[(size_t)part * room + cost_below(state, count[part])];
}

uint32_t cost_heap_choose(void **blocks, uint32_t many)
{
	uint32_t each = (many + parts - 1) / parts, chosen = 0;
	for (uint32_t i = 0; i < many; i++) {
		uint32_t part = i % parts, nth = i / parts;
		uint32_t stride = count[part] / each ? count[part] / each : 1;
		uint32_t at = nth * stride;
		blocks[i] = at < count[part] ? entries[(size_t)part * room + at].at : NULL;
		chosen += at < count[part];
	}
	return chosen;
}

void cost_heap_replace(uint64_t *state)
{
	struct block_entry *block = pick(state);
	free(block->at);
	block->at = malloc(block->size);
	if (!block->at)
		lab_broken("the allocator gives no memory", 0);
	block->at[0] = 1;
}
