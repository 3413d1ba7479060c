#include "allocator.h"

#include <jemalloc/jemalloc.h>
#include <stdio.h>
#include <stdlib.h>

/* "5.3.0-0-g54eaed1d…": the commit is left out. */
static void version(char *text, size_t size)
{
	const char *full = "unknown";
	size_t length = sizeof(const char *);
	mallctl("version", &full, &length, NULL, 0);
	int major, minor, patch;
	if (sscanf(full, "%d.%d.%d", &major, &minor, &patch) == 3)
		snprintf(text, size, "%d.%d.%d", major, minor, patch);
	else
		snprintf(text, size, "%s", full);
}

static uint64_t number(const char *name)
{
	size_t value = 0, length = sizeof(value);
	return mallctl(name, &value, &length, NULL, 0) == 0 ? value : 0;
}

/* Statistics are as of the last epoch; setting it makes a new one. */
static void heap(struct allocator_heap_state *heap)
{
	uint64_t epoch = 1;
	heap->has_sizes = mallctl("epoch", NULL, NULL, &epoch, sizeof(epoch)) == 0;
	heap->used_bytes = number("stats.allocated");
	heap->mapped_bytes = number("stats.mapped");
}

/* Bytes that this thread has ever allocated and freed. */
static bool owns_malloc(void)
{
	enum { SIZE = 1000 };
	uint64_t allocated = number("thread.allocated"), freed = number("thread.deallocated");
	void *volatile block = malloc(SIZE);
	free(block);
	return number("thread.allocated") >= allocated + SIZE &&
	       number("thread.deallocated") >= freed + SIZE;
}

const struct allocator allocator = {
	.name = ALLOCATOR_NAME,
	.link = ALLOCATOR_LINK,
	.module = ALLOCATOR_MODULE("libjemalloc.so"),
	.version = version,
	.heap = heap,
	.owns_malloc = owns_malloc,
};
