#include "allocator.h"

#include <stdio.h>

/* It belongs to the compiler, and has that one's version. */
static void version(char *text, size_t size)
{
	snprintf(text, size, "gcc %d.%d", __GNUC__, __GNUC_MINOR__);
}

const struct allocator allocator = {
	.name = ALLOCATOR_NAME,
	.link = ALLOCATOR_LINK,
	.module = "libtsan.so",
	.version = version,
};
