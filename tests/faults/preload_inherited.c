/*
 * Complains when trials find LD_PRELOAD in the environment: a program that they execute would
 * inherit it. The runner calls realloc in trials only.
 */
#include <stddef.h>
#include <stdlib.h>

void *__libc_realloc(void *block, size_t size);

void *realloc(void *ptr, size_t size)
{
	if (getenv("LD_PRELOAD"))
		abort();
	return __libc_realloc(ptr, size);
}
