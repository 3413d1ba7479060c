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
 * In a sweep glibc has eight arenas, as on one processor (glibc.malloc.arena_max); the main arena
 * is one of them, and the next thread shares it. jemalloc sees one processor and has one arena
 * anyway. The number must not depend on the machine: each filler changes the allocator's state.
 */
enum { ARENAS = 8, FILLERS = ARENAS - 1 };

static _Atomic uint32_t fillers_ready; /* threads that have allocated */

/* Never freed. */
static void *volatile kept[FILLERS];

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
	for (uint32_t i = 0; i < FILLERS; i++) {
		pthread_t thread;
		int error = pthread_create(&thread, NULL, filler_main, (void *)&kept[i]);
		if (error)
			return -error;
		while (atomic_load(&fillers_ready) == i)
			syscall(SYS_futex, &fillers_ready, FUTEX_WAIT_PRIVATE, i, NULL, NULL, 0);
	}
	return 0;
}
