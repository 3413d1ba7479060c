#include "allocator.h"

#include <gnu/libc-version.h>
#include <malloc.h>
#include <stdio.h>

static void version(char *text, size_t size)
{
	snprintf(text, size, "%s", gnu_get_libc_version());
}

/* Statistics of all arenas; blocks in thread caches count as used. No checker in a release. */
static void heap(struct allocator_heap *heap)
{
	struct mallinfo2 info = mallinfo2();
	heap->told = 1;
	heap->used_bytes = info.uordblks + info.hblkhd;
	heap->mapped_bytes = info.arena + info.hblkhd;
}

const struct allocator allocator = {
	.name = ALLOCATOR_NAME,
	.link = ALLOCATOR_LINK,
	.module = "libc.so",
	.version = version,
	.heap = heap,
};
