/*
 * Damage that no trial notices: each must cause a note, and each has a harmless counterpart that
 * must not.
 */
#include "fault.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- One block for two threads ---- */

/* A size that only the examination allocates, and no trial. */
enum { SHARED_SIZE = 48 };

static void *main_block;

static void *hand_out_twice(size_t size)
{
	if (size != SHARED_SIZE)
		return heap_malloc(size);
	if (syscall(SYS_gettid) != getpid() && main_block)
		return main_block;
	main_block = heap_malloc(size);
	return main_block;
}

/* ---- Memory that is never released ---- */

static void keep(void *block)
{
	(void)block;
}

/* ---- A background thread ---- */

static void *work_in_background(void *unused)
{
	(void)unused;
	fault_hang();
}

static void start_thread(void)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, work_in_background, NULL) != 0)
		abort();
}

static void start_thread_and_again(void)
{
	start_thread();
	pthread_atfork(NULL, NULL, start_thread);
}

/* ---- Random addresses ---- */

static _Atomic uint64_t state;

static void seed(void)
{
	uint64_t random;
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		abort();
	state = random;
}

static void seed_and_again(void)
{
	seed();
	pthread_atfork(NULL, NULL, seed);
}

/*
 * A block of the examination's first size is up to three units larger than was asked for: 12 of a
 * group's, so that two groups are alike once in 16 million. Knuth's MMIX generator.
 */
static void *malloc_somewhere(size_t size)
{
	enum { UNIT = 16 };
	if (size != SHARED_SIZE)
		return heap_malloc(size);
	uint64_t next = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	state = next;
	return heap_malloc(size + UNIT * (next >> 62));
}

const struct fault faults_silent_damage[] = {
	{.name = "twice", .malloc = hand_out_twice},
	{.name = "keep", .free = keep},
	{.name = "background-thread", .at_start = start_thread},
	{.name = "background-thread-again", .at_start = start_thread_and_again},
	{.name = "random", .at_start = seed, .malloc_always = malloc_somewhere},
	{.name = "random-again", .at_start = seed_and_again, .malloc_always = malloc_somewhere},
	{0},
};
