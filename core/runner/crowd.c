/*
 * Threads that only exist. An allocator with an arena for each thread has a bound on their number;
 * with a crowd it is reached, and the threads that come later share arenas with earlier ones.
 */
#include "runner.h"

#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * glibc's bound is 8 arenas on a machine with one processor (arena_get2() in malloc/arena.c), and
 * that is what a swept process sees. jemalloc's is 1 then.
 */
enum { CROWD = 7 };

static _Atomic uint32_t settled; /* threads that have allocated */

/* Freed by nobody. */
static void *volatile kept[CROWD];

static void *bystander(void *argument)
{
	enum { SIZE = 100 };
	static _Atomic uint32_t never;
	*(void *volatile *)argument = malloc(SIZE);
	atomic_fetch_add(&settled, 1);
	syscall(SYS_futex, &settled, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	for (;;)
		syscall(SYS_futex, &never, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	return NULL;
}

/* One after the other, so that each finds the same. */
int crowd_start(void)
{
	for (uint32_t i = 0; i < CROWD; i++) {
		pthread_t thread;
		int error = pthread_create(&thread, NULL, bystander, (void *)&kept[i]);
		if (error)
			return -error;
		while (atomic_load(&settled) == i)
			syscall(SYS_futex, &settled, FUTEX_WAIT_PRIVATE, i, NULL, NULL, 0);
	}
	return 0;
}
