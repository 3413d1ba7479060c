/*
 * The background threads, which allocate and free, and time each call. A new `phase` is
 * acknowledged by each thread in `ack` when it has begun, or is done.
 */
#include "cost_threads.h"

#include "../common/runner.h"
#include "../common/runner_clock.h"
#include "cost_clock.h"
#include "cost_heap.h"
#include "cost_histogram.h"
#include "cost_shm_attach.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SLOTS = 64, BATCH = 16, PHASE_BITS = 8 };

struct background_thread {
	pthread_t thread;
	uint32_t index;
	uint64_t random;
	_Atomic uint64_t operations;
	_Atomic uint32_t ack;
	void *slot[SLOTS];
} __attribute__((aligned(128)));

static struct background_thread background_thread[SHM_WORKERS_MAX];
static uint32_t threads;

/* Number in the upper bits, enum cost_phase in the lower. Private: idle threads wait on it. */
static _Atomic uint32_t phase;

/* Number in the upper bits, enum cost_interval in the lower. */
static _Atomic uint32_t interval;
enum { INTERVAL_BITS = 2, INTERVAL_MASK = (1 << INTERVAL_BITS) - 1 };

/* The longest call around the last fork, per thread; in cost_shm, which no fork copies. */
static void record_longest(uint32_t index, uint64_t ns)
{
	uint64_t *longest = &cost_shm->longest_call[index];
	if (ns > *longest)
		*longest = ns;
}

uint64_t cost_interval_longest(void)
{
	uint64_t longest = 0;
	for (uint32_t i = 0; i < threads; i++) {
		if (cost_shm->longest_call[i] > longest)
			longest = cost_shm->longest_call[i];
		cost_shm->longest_call[i] = 0;
	}
	return longest;
}

void cost_interval_set(enum cost_interval now)
{
	uint32_t next = (atomic_load(&interval) >> INTERVAL_BITS) + 1;
	atomic_store(&interval, next << INTERVAL_BITS | now);
}

/* ---- One call ---- */

static void record_latency(uint32_t index, uint32_t before, uint64_t ns)
{
	uint32_t after = atomic_load(&interval);
	if ((before & INTERVAL_MASK) == COST_INTERVAL_IGNORED ||
		(after & INTERVAL_MASK) == COST_INTERVAL_IGNORED)
		return;
	bool calm = before == after && (before & INTERVAL_MASK) == COST_INTERVAL_QUIET;
	cost_histogram_record(calm ? &cost_shm->calm[index] : &cost_shm->around[index], ns);
	if (!calm)
		record_longest(index, ns);
}

/* Frees the block in a random slot, or allocates one there; if `timed`, measures that call. */
static inline void call_once(struct background_thread *me, bool timed)
{
	void **slot = &me->slot[cost_random_below(&me->random, SLOTS)];
	uint32_t before = timed ? atomic_load(&interval) : 0;
	void *old = *slot, *fresh = NULL;
	uint32_t size = old ? 1 : cost_size(&me->random);
	uint64_t begin = timed ? cost_clock() : 0;
	if (old)
		free(old);
	else
		fresh = malloc(size);
	if (timed)
		record_latency(me->index, before, cost_clock() - begin);
	*slot = fresh;
	if (fresh)
		*(volatile unsigned char *)fresh = 1;
}

static void work(struct background_thread *me, bool timed)
{
	for (int i = 0; i < BATCH; i++)
		call_once(me, timed);
	uint64_t sum = atomic_load_explicit(&me->operations, memory_order_relaxed);
	atomic_store_explicit(&me->operations, sum + BATCH, memory_order_relaxed);
}

/*
 * While calls are timed, a thread sleeps between batches, as if it did other work: with more busy
 * threads than processors, scheduling delays would be measured instead.
 */
static void work_until(struct background_thread *me, uint32_t current, bool timed)
{
	while (atomic_load_explicit(&phase, memory_order_relaxed) == current) {
		work(me, timed);
		if (timed)
			clock_sleep(100 * 1000);
	}
}

/* ---- Cached blocks ---- */

const uint32_t cost_cached_size[COST_SIZES] = {32, 256, 2048};

/* Fills the thread's cache, and its arena's lists, with blocks of known addresses. */
static void fill_cache(uint32_t index)
{
	struct cost_cached *mine = &cost_shm->cached[index * COST_SIZES * COST_CACHED];
	for (uint32_t i = 0; i < COST_SIZES * COST_CACHED; i++) {
		uint32_t size = cost_cached_size[i / COST_CACHED];
		void *at = malloc(size);
		if (!at)
			lab_broken("the allocator returned no memory", 0);
		*(volatile unsigned char *)at = 1;
		mine[i] = (struct cost_cached){(uintptr_t)at, size, index};
	}
	for (uint32_t i = 0; i < COST_SIZES * COST_CACHED; i++)
		free((void *)(uintptr_t)mine[i].at);
}

/* ---- Phases ---- */

static void ack(struct background_thread *me, uint32_t to)
{
	atomic_store(&me->ack, to);
}

static void idle(uint32_t as_long_as)
{
	while (atomic_load(&phase) == as_long_as)
		syscall(SYS_futex, &phase, FUTEX_WAIT_PRIVATE, as_long_as, NULL, NULL, 0);
}

static void run_phase(struct background_thread *me, uint32_t current)
{
	enum cost_phase what = current & ((1 << PHASE_BITS) - 1);
	if (what == COST_PHASE_BUILD && !cost_heap_build(me->index))
		lab_broken("the allocator returned no memory for a heap of that size", 0);
	if (what == COST_PHASE_CACHE)
		fill_cache(me->index);
	ack(me, current);
	if (what == COST_PHASE_WORK || what == COST_PHASE_TIMED)
		work_until(me, current, what == COST_PHASE_TIMED);
	else if (what != COST_PHASE_EXIT)
		idle(current);
}

static void *background_main(void *argument)
{
	struct background_thread *me = argument;
	uint32_t current;
	do {
		current = atomic_load(&phase);
		run_phase(me, current);
	} while ((current & ((1 << PHASE_BITS) - 1)) != COST_PHASE_EXIT);
	return NULL;
}

void cost_threads_set_phase(enum cost_phase what)
{
	uint32_t next = (atomic_load(&phase) >> PHASE_BITS) + 1;
	next = next << PHASE_BITS | what;
	atomic_store(&phase, next);
	syscall(SYS_futex, &phase, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
	for (uint32_t i = 0; i < threads; i++)
		while (atomic_load(&background_thread[i].ack) != next)
			clock_sleep(20 * 1000);
}

int cost_threads_start(uint32_t count)
{
	for (uint32_t i = 0; i < SHM_WORKERS_MAX; i++)
		background_thread[i].random = runner.shm->plan.seed * 31 + i;
	for (uint32_t i = 0; i < count; i++) {
		background_thread[i].index = i;
		int error = pthread_create(
			&background_thread[i].thread, NULL, background_main, &background_thread[i]);
		if (error)
			return -error;
		threads++;
	}
	cost_threads_set_phase(COST_PHASE_IDLE);
	return 0;
}

void cost_threads_join(void)
{
	for (uint32_t i = 0; i < threads; i++)
		pthread_join(background_thread[i].thread, NULL);
	threads = 0;
}

uint64_t cost_threads_operations(void)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; i < SHM_WORKERS_MAX; i++)
		sum += atomic_load_explicit(&background_thread[i].operations, memory_order_relaxed);
	return sum;
}

void cost_threads_run_self(enum cost_phase what, uint64_t ns)
{
	uint64_t end = cost_clock() + ns;
	while (cost_clock() < end)
		work(&background_thread[0], what == COST_PHASE_TIMED);
}
