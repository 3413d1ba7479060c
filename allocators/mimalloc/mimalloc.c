#include "allocator.h"

#include <mimalloc.h>
#include <stdio.h>

/* One digit per part: 209 is 2.0.9. */
static void version(char *text, size_t size)
{
	int number = mi_version();
	snprintf(text, size, "%d.%d.%d", number / 100, number / 10 % 10, number % 10);
}

static bool add_area(
	const mi_heap_t *heap, const mi_heap_area_t *area, void *block, size_t size, void *argument)
{
	struct allocator_heap_state *sum = argument;
	(void)heap;
	(void)block;
	(void)size;
	sum->used_bytes += area->used * area->block_size;
	sum->mapped_bytes += area->reserved;
	return true;
}

/* It visits one thread's heap at a time, and only from that thread. */
static void heap(struct allocator_heap_state *heap)
{
	heap->has_sizes = mi_heap_visit_blocks(mi_heap_get_default(), false, add_area, heap);
	snprintf(heap->text, sizeof(heap->text), "of the calling thread's heap only");
}

const struct allocator allocator = {
	.name = ALLOCATOR_NAME,
	.link = ALLOCATOR_LINK,
	.module = "libmimalloc.so",
	.version = version,
	.heap = heap,
};
