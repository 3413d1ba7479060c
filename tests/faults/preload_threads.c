/*
 * An allocator for single-threaded programs: the first call from another thread ends the process.
 */
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void __libc_free(void *block);

void *malloc(size_t size)
{
	if (gettid() != getpid())
		abort();
	return __libc_malloc(size);
}

void free(void *ptr)
{
	__libc_free(ptr);
}
