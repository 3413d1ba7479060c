#include "allocator.h"

#include <malloc.h>
#include <stdlib.h>

/* It has none of its own, and its free() ends the process at a block that libc's has made. */
void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

/* It tells its version in its banner only. */
static void version(char *text, size_t size)
{
	(void)size;
	text[0] = '\0';
}

const struct allocator allocator = {
	.name = ALLOCATOR_NAME,
	.link = ALLOCATOR_LINK,
	.module = "libefence.so",
	.version = version,
};
