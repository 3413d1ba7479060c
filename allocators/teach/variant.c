/* The descriptor of all teaching allocators, which differ in lock_*.c and atfork_*.c. */
#include "allocator.h"
#include "teach.h"

#include <string.h>

static void version(char *text, size_t size)
{
	strncpy(text, "1", size);
}

const struct allocator allocator = {
	.name = ALLOCATOR_NAME,
	.link = ALLOCATOR_LINK,
	.version = version,
	.heap = teach_heap,
};
