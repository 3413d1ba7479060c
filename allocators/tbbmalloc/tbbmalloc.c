#include "allocator.h"

/* TBB_runtime_version() is a call of libtbb's, which is another library. */
static void version(char *text, size_t size)
{
	(void)size;
	text[0] = '\0';
}

const struct allocator allocator = {
	.name = ALLOCATOR_NAME,
	.link = ALLOCATOR_LINK,
	.module = "libtbbmalloc_proxy.so",
	.version = version,
};
