/* The live heap: blocks of all sizes, allocated by all threads, and written to. */
#include "cost_heap.h"

#include "../common/runner.h"
#include "cost_clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	AVERAGE_MIN = 512, /* bytes: the average block is larger */
	ROOM_MIN = 4096,   /* entries per part */
	PAGE = 4096,
};

/* Shared memory: the parent writes to it while a child lives, which must not cause copies. */
static struct cost_record *entries;
static uint64_t bytes_each;
static uint32_t parts, room;
static uint32_t count[SHM_WORKERS_MAX];

/*
 * Mostly small, as in a server, and some too large for caches; 1.4 KiB on average. Not
 * lab_mixed_size(), which has many large blocks, to reach an allocator's rare paths.
 */
uint32_t cost_size(uint64_t *state)
{
	uint32_t pick = cost_random_below(state, 100);
	if (pick < 70)
		return 16 + cost_random_below(state, 496);
	if (pick < 96)
		return 512 + cost_random_below(state, 3584);
	return 4096 + cost_random_below(state, 28 * 1024);
}

int cost_heap_prepare(uint64_t bytes, uint32_t threads)
{
	parts = threads ? threads : 1;
	bytes_each = bytes / parts;
	room = (uint32_t)(bytes_each / AVERAGE_MIN) + ROOM_MIN;
	void *map = mmap(NULL, (size_t)parts * room * sizeof(*entries), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return -errno;
	entries = map;
	return 0;
}

static void write_to(const struct cost_record *block)
{
	for (size_t offset = 0; offset < block->size; offset += PAGE)
		((volatile unsigned char *)block->at)[offset] = 1;
}

bool cost_heap_build(uint32_t part)
{
	uint64_t state = runner.shm->plan.seed + part, built = 0;
	struct cost_record *mine = &entries[(size_t)part * room];
	uint32_t made = 0;
	while (built < bytes_each && made < room) {
		struct cost_record *block = &mine[made];
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

static struct cost_record *pick(uint64_t *state)
{
	uint32_t part = cost_random_below(state, parts);
	return &entries[(size_t)part * room + cost_random_below(state, count[part])];
}

uint32_t cost_heap_sample(void **blocks, uint32_t wanted)
{
	uint32_t each = (wanted + parts - 1) / parts, chosen = 0;
	for (uint32_t i = 0; i < wanted; i++) {
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
	struct cost_record *block = pick(state);
	free(block->at);
	block->at = malloc(block->size);
	if (!block->at)
		lab_broken("the allocator returned no memory", 0);
	*(volatile unsigned char *)block->at = 1;
}

/* ---- Records ---- */

static uint64_t word_at(uint64_t number, uint32_t version, size_t offset)
{
	uint64_t z = (number << 32 ^ version) * UINT64_C(0x9e3779b97f4a7c15) + offset;
	return z ^ z >> 29;
}

void cost_record_fill(void *to, uint64_t number, uint32_t size, uint32_t version)
{
	unsigned char *at = to;
	for (size_t offset = 0; offset < size; offset += 8) {
		uint64_t word = word_at(number, version, offset);
		memcpy(at + offset, &word, size - offset < 8 ? size - offset : 8);
	}
}

bool cost_record_holds(const void *from, uint64_t number, uint32_t size, uint32_t version)
{
	const unsigned char *at = from;
	for (size_t offset = 0; offset < size; offset += 8) {
		uint64_t word = word_at(number, version, offset);
		if (memcmp(at + offset, &word, size - offset < 8 ? size - offset : 8) != 0)
			return false;
	}
	return true;
}

/* A record's number is its index in the list. */
static void fill(struct cost_record *record)
{
	cost_record_fill(record->at, (uint64_t)(record - entries), record->size, record->version);
}

void cost_heap_fill(void)
{
	for (uint32_t part = 0; part < parts; part++)
		for (uint32_t i = 0; i < count[part]; i++)
			fill(&entries[(size_t)part * room + i]);
}

void cost_heap_change(uint64_t *state)
{
	struct cost_record *record = pick(state);
	free(record->at);
	record->at = malloc(record->size);
	if (!record->at)
		lab_broken("the allocator returned no memory", 0);
	record->version++;
	fill(record);
}

/* Includes the gaps between the parts, with size 0, so that a record keeps its number. */
uint64_t cost_heap_list(struct cost_record *records, uint64_t capacity)
{
	uint64_t all = (uint64_t)parts * room;
	for (uint64_t i = 0; i < all && i < capacity; i++) {
		bool used = i % room < count[i / room];
		records[i] = used ? entries[i] : (struct cost_record){0};
	}
	return all;
}
