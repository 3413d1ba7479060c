/* Only malloc: its blocks would be passed to another allocator's free. */
#include <stddef.h>
#include <stdlib.h>

void *__libc_malloc(size_t size);

void *malloc(size_t size)
{
	return __libc_malloc(size);
}
