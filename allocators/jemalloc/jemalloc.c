#include "allocator.h"

#include <jemalloc/jemalloc.h>
#include <stdio.h>

/* "5.3.0-0-g54eaed1d…": the commit says nothing to a reader of the table. */
static void version(char *text, size_t size)
{
	const char *full = "unknown";
	size_t length = sizeof(const char *);
	mallctl("version", &full, &length, NULL, 0);
	int major, minor, patch;
	if (sscanf(full, "%d.%d.%d", &major, &minor, &patch) == 3)
		snprintf(text, size, "%d.%d.%d", major, minor, patch);
	else
		snprintf(text, size, "%s", full);
}

const struct allocator allocator = {
	.name = ALLOCATOR_NAME,
	.link = ALLOCATOR_LINK,
	.module = "libjemalloc.so",
	.version = version,
};
