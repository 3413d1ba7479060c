#include "allocator.h"

#include <malloc.h>
#include <stdlib.h>

/* It has none of its own, and its free() aborts at a block that libc's has made. */
void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

/* It prints its version in its log only. */
static void version(char *text, size_t size)
{
	(void)size;
	text[0] = '\0';
}

const struct allocator allocator = {
	.name = ALLOCATOR_NAME,
	.link = ALLOCATOR_LINK,
	.module = "libdmallocth.so",
	.version = version,
};
