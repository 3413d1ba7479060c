/* An allocator of which nothing is known but the name of its shared object. */
#include "allocator.h"

const struct allocator allocator = {
	.name = ALLOCATOR_NAME,
	.link = ALLOCATOR_LINK,
	.module = ALLOCATOR_MODULE_NAME,
};
