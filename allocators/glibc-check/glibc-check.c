#include "allocator.h"

#include <gnu/libc-version.h>
#include <stdio.h>

static void version(char *text, size_t size)
{
	snprintf(text, size, "%s", gnu_get_libc_version());
}

const struct allocator allocator = {
	.name = ALLOCATOR_NAME,
	.link = ALLOCATOR_LINK,
	.module = "libc_malloc_debug.so",
	.version = version,
};
