#include "allocator.h"

#include <mimalloc.h>
#include <stdio.h>

/* One digit a part: 209 is 2.0.9. */
static void version(char *text, size_t size)
{
	int number = mi_version();
	snprintf(text, size, "%d.%d.%d", number / 100, number / 10 % 10, number % 10);
}

const struct allocator allocator = {
	.name = ALLOCATOR_NAME,
	.link = ALLOCATOR_LINK,
	.module = "libmimalloc.so",
	.version = version,
};
