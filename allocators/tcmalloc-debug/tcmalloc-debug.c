#include "allocator.h"

#include <gperftools/tcmalloc.h>
#include <stdio.h>

static void version(char *text, size_t size)
{
	int major, minor;
	const char *patch;
	tc_version(&major, &minor, &patch);
	snprintf(text, size, "%d.%d%s", major, minor, patch);
}

const struct allocator allocator = {
	.name = ALLOCATOR_NAME,
	.link = ALLOCATOR_LINK,
	.module = "libtcmalloc_minimal_debug.so",
	.version = version,
};
