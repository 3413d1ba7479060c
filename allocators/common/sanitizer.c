/* A sanitizer's allocator: part of the compiler, and of the same version. */
#include "allocator.h"

#include <stdio.h>

static void version(char *text, size_t size)
{
	snprintf(text, size, "gcc %d.%d", __GNUC__, __GNUC_MINOR__);
}

const struct allocator allocator = {
	.name = ALLOCATOR_NAME,
	.link = ALLOCATOR_LINK,
	.module = ALLOCATOR_MODULE_NAME,
	.version = version,
};
