#include "allocator.h"

#ifdef __GLIBC__
#error "this is the runner of musl's malloc"
#endif

/* The only malloc is libc's, which is part of the runner; it has no call that returns its version.
 */
const struct allocator allocator = {
	.name = ALLOCATOR_NAME,
	.link = ALLOCATOR_LINK,
};
