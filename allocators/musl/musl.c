#include "allocator.h"

#ifdef __GLIBC__
#error "this is the runner of musl's malloc"
#endif

/* It has no call that tells its version. */
static void version(char *text, size_t size)
{
	(void)size;
	text[0] = '\0';
}

/* There is no other malloc than the libc's, and that one is part of the runner. */
const struct allocator allocator = {
	.name = ALLOCATOR_NAME,
	.link = ALLOCATOR_LINK,
	.module = NULL,
	.version = version,
};
