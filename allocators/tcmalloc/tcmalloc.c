#include "allocator.h"

#include <gperftools/malloc_extension_c.h>
#include <gperftools/tcmalloc.h>
#include <stdio.h>
#include <stdlib.h>

static void version(char *text, size_t size)
{
	int major, minor;
	const char *patch;
	tc_version(&major, &minor, &patch);
	snprintf(text, size, "%d.%d%s", major, minor, patch);
}

/*
 * MallocExtension_VerifyAllMemory() checks only in the debug library; here it always succeeds, so
 * it is not used.
 */
static void heap(struct allocator_heap_state *heap)
{
	size_t used = 0, mapped = 0;
	heap->has_sizes =
		MallocExtension_GetNumericProperty("generic.current_allocated_bytes", &used) &&
		MallocExtension_GetNumericProperty("generic.heap_size", &mapped);
	heap->used_bytes = used;
	heap->mapped_bytes = mapped;
}

static size_t in_use(void)
{
	size_t bytes = 0;
	MallocExtension_GetNumericProperty("generic.current_allocated_bytes", &bytes);
	return bytes;
}

/* Too large for thread caches. */
static bool owns_malloc(void)
{
	enum { SIZE = 1 << 20 };
	size_t before = in_use();
	void *volatile block = malloc(SIZE);
	size_t during = in_use();
	free(block);
	return during >= before + SIZE && in_use() <= during - SIZE;
}

const struct allocator allocator = {
	.name = ALLOCATOR_NAME,
	.link = ALLOCATOR_LINK,
	.module = ALLOCATOR_MODULE(ALLOCATOR_MODULE_NAME),
	.weak_atfork = true,
	.version = version,
	.heap = heap,
	.owns_malloc = owns_malloc,
};
