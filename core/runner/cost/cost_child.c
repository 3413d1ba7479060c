/*
 * What the children of MODE_COST do. They keep to docs/child-rules.md; in addition, they write to
 * cost_shm only, and pages that the measuring code itself copies or maps are touched before
 * anything is measured.
 */
#include "cost_child.h"

#include "../common/runner_clock.h"
#include "../common/shm_futex.h"
#include "../trial/child.h"
#include "../trial/task.h"
#include "cost_clock.h"
#include "cost_shm_attach.h"
#include "cost_threads.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PAGE = 4096, STACK = 16 * 1024 };

struct cost_child *cost_next_child;
uintptr_t cost_stack_top;

void child_stop(struct cost_child *me, enum cost_stage stage)
{
	uint32_t go;
	shm_futex_store(&me->stage, stage);
	while ((go = atomic_load(&me->go)) <= stage)
		shm_futex_wait(&me->go, go);
}

/* ---- Measuring ---- */

static uint64_t child_faults(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
}

static void child_allocate(
	struct cost_child *me, const struct heap_calls *heap, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		volatile unsigned char *at = heap->malloc(cost_shm->size[i]);
		if (!at)
			_exit(RUNNER_FAILED_CHECK);
		*at = 1;
		me->block[i] = (void *)at;
	}
}

static void child_free_inherited(const struct heap_calls *heap)
{
	for (uint32_t i = 0; i < COST_CALLS; i++)
		heap->free(cost_shm->inherited[i]);
}

static void child_measure(struct cost_child *me, const struct heap_calls *heap)
{
	uint64_t faults[4], at[4];
	faults[0] = child_faults();
	at[0] = cost_clock();
	child_allocate(me, heap, 0, 1);
	at[1] = cost_clock();
	faults[1] = child_faults();
	uint64_t pause = cost_clock();
	child_allocate(me, heap, 1, COST_CALLS);
	at[2] = cost_clock();
	faults[2] = child_faults();
	uint64_t second_pause = cost_clock();
	child_free_inherited(heap);
	at[3] = cost_clock();
	faults[3] = child_faults();
	me->first_ns = at[1] - at[0];
	me->first_faults = faults[1] - faults[0];
	me->full_ns = me->first_ns + at[2] - pause;
	me->full_faults = faults[2] - faults[0];
	me->freed_ns = at[3] - second_pause;
	me->freed_faults = faults[3] - faults[2];
}

/* ---- Warming up: no page fault of the measuring code may be counted ---- */

static void *stub_malloc(size_t size)
{
	(void)size;
	return cost_shm->scratch;
}

static void stub_free(void *block)
{
	(void)block;
}

static const struct heap_calls stub_heap = {.malloc = stub_malloc, .free = stub_free};

static void child_prefault(void *from, size_t size)
{
	volatile unsigned char *at = from;
	for (size_t offset = 0; offset < size; offset += PAGE)
		at[offset] = at[offset];
	at[size - 1] = at[size - 1];
}

/* The stack below, and the frames above to which a child returns. */
static void __attribute__((noinline)) child_prefault_stack(void)
{
	volatile unsigned char below[STACK];
	for (size_t offset = 0; offset < sizeof(below); offset += PAGE)
		below[offset] = 0;
	uintptr_t from = (uintptr_t)__builtin_frame_address(0);
	if (cost_stack_top > from)
		child_prefault((void *)from, cost_stack_top - from);
}

/* The second run must cause no fault; if it does, own_faults says so. */
static void child_warm_up(struct cost_child *me)
{
	child_prefault_stack();
	child_prefault(me, sizeof(*me));
	child_prefault(cost_shm->size, sizeof(cost_shm->size));
	child_prefault(cost_shm->inherited, sizeof(cost_shm->inherited));
	child_prefault(cost_shm->scratch, 1);
	child_measure(me, &stub_heap);
	child_measure(me, &stub_heap);
	me->own_faults = me->full_faults + me->freed_faults;
}

/* ---- Entry points ---- */

void child_first_handler(void)
{
	struct cost_child *me = cost_next_child;
	if (!me)
		return;
	child_warm_up(me);
	child_stop(me, COST_STAGE_HANDLER);
	me->entered = cost_clock();
}

/* `handled` is the time at which fork() returned. */
void child_begin_measuring(struct cost_child *me, uint64_t now)
{
	child_set_pdeathsig();
	if (me->entered)
		me->handled = now;
	else
		child_warm_up(me);
}

_Noreturn void child_timed(struct cost_child *me)
{
	child_begin_measuring(me, cost_clock());
	child_measure(me, &heap_plain);
	atomic_store(&me->done, 1);
	_exit(RUNNER_OK);
}

_Noreturn void child_memory_stages(struct cost_child *me)
{
	child_begin_measuring(me, cost_clock());
	child_stop(me, COST_STAGE_FORKED);
	child_allocate(me, &heap_plain, 0, 1);
	child_stop(me, COST_STAGE_FIRST_CALL);
	child_allocate(me, &heap_plain, 1, COST_CALLS);
	child_stop(me, COST_STAGE_ALL_CALLS);
	child_free_inherited(&heap_plain);
	child_stop(me, COST_STAGE_FREED);
	atomic_store(&me->done, 1);
	_exit(RUNNER_OK);
}

/* ---- Searching for the blocks in other threads' caches ---- */

/* Marks the cached blocks in this range. */
static void child_mark(struct cost_reuse *found, uintptr_t at, size_t size)
{
	uint32_t low = 0, high = cost_shm->cached_blocks;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct cost_cached *block = &cost_shm->cached[middle];
		if (block->at + block->size <= at)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < cost_shm->cached_blocks && cost_shm->cached[low].at < at + size; low++)
		found->reused[low] = 1;
}

static void child_probe(struct cost_reuse *found)
{
	enum { TIMES = 4, AT_LEAST = 4096 };
	uint32_t probes = TIMES * COST_CACHED * cost_shm->cached_threads + AT_LEAST;
	for (int i = 0; i < COST_SIZES; i++)
		for (uint32_t probe = 0; probe < probes; probe++) {
			void *at = malloc(cost_cached_size[i]);
			if (!at)
				break;
			child_mark(found, (uintptr_t)at, cost_cached_size[i]);
		}
}

/*
 * All new threads exist at the same time, so that each has its own cache and arena as the old ones
 * had; they allocate one after the other. Private to this process.
 */
static struct cost_reuse *probed_reuse;
static _Atomic uint32_t attached, turn;

static void *child_probe_main(void *argument)
{
	uint32_t mine = (uint32_t)(uintptr_t)argument, now;
	void *volatile first = malloc(1);
	atomic_fetch_add(&attached, 1);
	while ((now = atomic_load(&turn)) < mine)
		shm_futex_wait(&turn, now);
	child_probe(probed_reuse);
	shm_futex_store(&turn, mine + 1);
	while ((now = atomic_load(&turn)) < cost_shm->cached_threads + 1)
		shm_futex_wait(&turn, now);
	free(first);
	return NULL;
}

/* False: a thread could not be started. */
static bool child_probe_in_threads(struct cost_reuse *found)
{
	static pthread_t thread[SHM_WORKERS_MAX];
	uint32_t threads = cost_shm->cached_threads;
	probed_reuse = found;
	atomic_store(&turn, 0);
	atomic_store(&attached, 0);
	for (uint32_t i = 0; i < threads; i++)
		if (pthread_create(
			    &thread[i], NULL, child_probe_main, (void *)(uintptr_t)(i + 1)) != 0)
			return false;
	while (atomic_load(&attached) < threads)
		clock_sleep(100 * 1000);
	shm_futex_store(&turn, 1);
	for (uint32_t i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	return true;
}

static uint64_t child_lost(const struct cost_reuse *found)
{
	uint64_t bytes = 0;
	for (uint32_t i = 0; i < cost_shm->cached_blocks; i++)
		if (!found->reused[i])
			bytes += cost_shm->cached[i].size;
	return bytes;
}

void child_search(struct cost_reuse *found)
{
	found->blocks = cost_shm->cached_blocks;
	for (uint32_t i = 0; i < cost_shm->cached_blocks; i++)
		found->bytes += cost_shm->cached[i].size;
	child_probe(found);
	found->lost_bytes = child_lost(found);
	if (!child_probe_in_threads(found))
		return;
	found->lost_to_all = child_lost(found);
	atomic_store(&found->done, 1);
}

_Noreturn void child_search_caches(void)
{
	child_set_pdeathsig();
	child_search(&cost_shm->in_child);
	_exit(RUNNER_OK);
}
