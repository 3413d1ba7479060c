#include "allocator.h"

#include <gnu/libc-version.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

static void version(char *text, size_t size)
{
	snprintf(text, size, "%s", gnu_get_libc_version());
}

/* Statistics of all arenas; blocks in thread caches count as used. No checker in a release. */
static void heap(struct allocator_heap_state *heap)
{
	struct mallinfo2 info = mallinfo2();
	heap->has_sizes = 1;
	heap->used_bytes = info.uordblks + info.hblkhd;
	heap->mapped_bytes = info.arena + info.hblkhd;
}

/* Larger than the blocks of thread caches, which always count as in use. */
static bool owns_malloc(void)
{
	enum { SIZE = 20000 };
	size_t before = mallinfo2().uordblks;
	void *volatile block = malloc(SIZE);
	size_t during = mallinfo2().uordblks;
	free(block);
	return during >= before + SIZE && mallinfo2().uordblks <= during - SIZE;
}

const struct allocator allocator = {
	.name = ALLOCATOR_NAME,
	.link = ALLOCATOR_LINK,
	.module = ALLOCATOR_MODULE("libc.so"),
	.version = version,
	.heap = heap,
	.owns_malloc = owns_malloc,
};
