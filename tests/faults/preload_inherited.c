/*
 * Complains if LD_PRELOAD is set during a trial: a program that it executes would inherit it. The
 * runner calls realloc only in trials.
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
