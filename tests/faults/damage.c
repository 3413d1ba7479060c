/* Memory faults: the allocator's blocks, the machine's memory, and the shared page. */
#include "fault.h"
#include "shm.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void *no_memory(size_t size)
{
	(void)size;
	return NULL;
}

/* The same block to everybody. */
static void *same_block(size_t size)
{
	static void *block;
	if (!block)
		block = heap_malloc(1 << 20);
	return size <= 1 << 20 ? block : NULL;
}

static void *misaligned(size_t size)
{
	char *block = heap_malloc(size + 1);
	return block ? block + 1 : NULL;
}

static void *not_zero(size_t count, size_t size)
{
	return memset(heap_calloc(count, size), 1, count * size);
}

/* Takes and touches memory without end: only a limit on resident memory stops it. */
static void eat_memory(void)
{
	enum { BLOCK = 64 << 20, PAGE = 4096 };
	for (;;) {
		char *block = heap_malloc(BLOCK);
		for (size_t i = 0; block && i < BLOCK; i += PAGE)
			block[i] = 1;
	}
}

/* Reserves more than any machine has, and touches none of it. */
static void reserve_memory(void)
{
	enum { BLOCKS = 4096 };
	for (int i = 0; i < BLOCKS; i++)
		mmap(NULL, (size_t)1 << 30, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

/* ---- The page ---- */

static void fill_shm(uint32_t first, uint32_t factor)
{
	static struct shm *shm; /* found once: later it cannot be recognised */
	if (!shm)
		shm = fault_shm();
	unsigned char *at = (unsigned char *)shm, *end = at + sizeof(*shm);
	uint32_t value = first;
	for (; at + sizeof(value) <= end; at += sizeof(value)) {
		memcpy(at, &value, sizeof(value));
		value = value * factor + (factor > 1);
	}
}

static void scribble_ones(void)
{
	fill_shm(UINT32_MAX, 1);
}

static void scribble_zeros(void)
{
	fill_shm(0, 1);
}

/* Small numbers: states, counts and pids that could be true. */
static void scribble_small(void)
{
	fill_shm(2, 1);
}

static void scribble_random(void)
{
	fill_shm((uint32_t)getpid(), 1664525);
}

static void scribble_forever(void)
{
	for (uint32_t seed = 1;; seed++)
		fill_shm(seed, 1664525);
}

const struct fault faults_damage[] = {
	{.name = "null", .malloc = no_memory},
	{.name = "overlap", .malloc = same_block},
	{.name = "misalign", .malloc = misaligned},
	{.name = "not-zero", .calloc = not_zero},
	{.name = "misalign-always", .misaligns = true},
	{.name = "misalign-worse", .misaligns = true, .malloc = misaligned},
	{.name = "misalign-hang", .misaligns = true, .in_child = fault_hang},
	{.name = "eat-memory", .in_child = eat_memory},
	{.name = "start-eat-memory", .in_worker = eat_memory},
	{.name = "reserve-memory", .in_child = reserve_memory},
	{.name = "scribble-ones", .in_child = scribble_ones},
	{.name = "scribble-zeros", .in_child = scribble_zeros},
	{.name = "scribble-small", .in_child = scribble_small},
	{.name = "scribble-random", .in_child = scribble_random},
	{.name = "scribble-forever", .in_child = scribble_forever},
	{.name = "scribble-parent", .after_fork = scribble_random},
	{.name = "other-books", .foreign_statistics = true},
	{.name = "garbage-version", .version = "\033[31m\n\377\200,\"|<b>`*"},
	{0},
};
