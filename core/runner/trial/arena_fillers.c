/*
 * Threads that use up arenas. An allocator with an arena per thread has a maximum number of arenas;
 * once it is reached, further threads share arenas with earlier ones.
 */
#include "arena_fillers.h"

#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * glibc's limit is eight arenas per online processor, including the main arena
 * (NARENAS_FROM_NCORES() in malloc/arena.c); the next thread then shares the main arena. jemalloc
 * sees one processor in a sweep and has one arena anyway. On a very large machine FILLERS_MAX is
 * too small.
 */
enum { ARENAS_PER_CPU = 8, FILLERS_MAX = 191 };

static uint32_t filler_count(void)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	long size = ARENAS_PER_CPU * (online > 0 ? online : 1) - 1;
	return size < FILLERS_MAX ? (uint32_t)size : FILLERS_MAX;
}

static _Atomic uint32_t fillers_ready; /* threads that have allocated */

/* Never freed. */
static void *volatile kept[FILLERS_MAX];

static void *filler_main(void *argument)
{
	enum { SIZE = 100 };
	static _Atomic uint32_t never;
	*(void *volatile *)argument = malloc(SIZE);
	atomic_fetch_add(&fillers_ready, 1);
	syscall(SYS_futex, &fillers_ready, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	for (;;)
		syscall(SYS_futex, &never, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	return NULL;
}

/* One after the other, so that every run is the same. */
int arena_fillers_start(void)
{
	uint32_t size = filler_count();
	for (uint32_t i = 0; i < size; i++) {
		pthread_t thread;
		int error = pthread_create(&thread, NULL, filler_main, (void *)&kept[i]);
		if (error)
			return -error;
		while (atomic_load(&fillers_ready) == i)
			syscall(SYS_futex, &fillers_ready, FUTEX_WAIT_PRIVATE, i, NULL, NULL, 0);
	}
	return 0;
}
