/*
 * An allocator on top of libc's with a lock of its own: fork() protects libc's, and nothing this
 * one.
 */
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

/* glibc's own functions, under names that are never interposed; no header declares them. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

static pthread_mutex_t own_lock = PTHREAD_MUTEX_INITIALIZER;

static void *release(void *block)
{
	pthread_mutex_unlock(&own_lock);
	return block;
}

void *malloc(size_t size)
{
	pthread_mutex_lock(&own_lock);
	return release(__libc_malloc(size));
}

void *calloc(size_t nmemb, size_t size)
{
	pthread_mutex_lock(&own_lock);
	return release(__libc_calloc(nmemb, size));
}

void *realloc(void *ptr, size_t size)
{
	pthread_mutex_lock(&own_lock);
	return release(__libc_realloc(ptr, size));
}

void *aligned_alloc(size_t alignment, size_t size)
{
	pthread_mutex_lock(&own_lock);
	return release(__libc_memalign(alignment, size));
}

void free(void *ptr)
{
	pthread_mutex_lock(&own_lock);
	__libc_free(ptr);
	pthread_mutex_unlock(&own_lock);
}
