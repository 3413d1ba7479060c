/* Interposes the malloc under test: it is glibc's again, but called from this object. */
#include <stddef.h>
#include <stdlib.h>

void *__libc_malloc(size_t size);
void __libc_free(void *block);

void *malloc(size_t size)
{
	return __libc_malloc(size);
}

void free(void *ptr)
{
	__libc_free(ptr);
}
