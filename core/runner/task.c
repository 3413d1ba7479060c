/*
 * Actors and their calls into the allocator. The calls go through function pointers that the
 * compiler cannot see through: at -O2 it would delete a malloc whose block is only freed.
 */
#include "recorder.h"
#include "runner.h"

#include <stdlib.h>

struct actor actors[PAGE_WORKERS_MAX + 1];
struct actor child_actor;

const struct heap_calls heap_plain = {
	.malloc = malloc,
	.calloc = calloc,
	.realloc = realloc,
	.aligned_alloc = aligned_alloc,
	.free = free,
};

const struct heap_calls *lab_heap = &heap_plain;

/* Initial-exec: a signal handler reads it, so its first use must not allocate. */
static _Thread_local struct actor *self __attribute__((tls_model("initial-exec")));

struct actor *lab_self(void)
{
	return self;
}

void actor_adopt(struct actor *actor)
{
	self = actor;
}

struct actor *actor_main(void)
{
	return &actors[runner.workers];
}

struct actor *lab_others(unsigned *count)
{
	*count = runner.workers + 1;
	return actors;
}

void actor_prepare(struct actor *actor, struct diary *diary, uint32_t index, uint64_t seed)
{
	actor->diary = diary;
	actor->heap = runner.scenario->heap ? runner.scenario->heap : lab_heap;
	actor->index = index;
	actor->recorder = actor == &child_actor ? record_of_child() : record_of_actor(index);
	actor->random = seed ^ (UINT64_C(0x9e3779b97f4a7c15) * (index + 1));
}

/* splitmix64, Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195. */
uint64_t lab_random(struct actor *actor)
{
	uint64_t z = actor->random += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint32_t lab_below(struct actor *actor, uint32_t bound)
{
	return (uint32_t)(((lab_random(actor) >> 32) * bound) >> 32);
}

/*
 * Thread caches answer small sizes without any lock (glibc's tcache ends at 1032 bytes), so a good
 * half is larger; jemalloc caches up to 32 KiB, so some are beyond that; and beyond 128 KiB a size
 * is usually mapped by itself.
 */
size_t lab_mixed_size(struct actor *actor)
{
	uint32_t pick = lab_below(actor, 100);
	if (pick < 45)
		return 16 + lab_below(actor, 1008);
	if (pick < 86)
		return 1040 + lab_below(actor, 7000);
	if (pick < 98)
		return 8192 + lab_below(actor, 56 * 1024);
	return 132 * 1024 + lab_below(actor, 64 * 1024);
}

static void put32(_Atomic uint32_t *where, uint32_t value)
{
	atomic_store_explicit(where, value, memory_order_relaxed);
}

/* One event: relaxed is enough, forklab only asks whether the number changed. */
static void progress(struct actor *actor)
{
	struct diary *diary = actor->diary;
	uint64_t count = atomic_load_explicit(&diary->progress, memory_order_relaxed);
	if (actor->in_child)
		atomic_store_explicit(&diary->at_ns, clock_ns(), memory_order_relaxed);
	atomic_store_explicit(&diary->progress, count + 1, memory_order_release);
}

static void enter(struct actor *actor, enum heap_op op, size_t size)
{
	struct diary *diary = actor->diary;
	put32(&diary->op, op);
	atomic_store_explicit(&diary->size, size, memory_order_relaxed);
	put32(&diary->inside, 1);
	progress(actor);
	if (actor->recorder)
		record_enter(actor->recorder, op, size);
}

static void leave(struct actor *actor, const void *block)
{
	if (actor->recorder)
		record_leave(actor->recorder, block);
	put32(&actor->diary->inside, 0);
	if (actor->last_call)
		copy_end(actor);
}

void lab_step(struct actor *me, enum child_step step)
{
	if (me->recorder)
		record_step(me->recorder, step);
	put32(&me->diary->step, step);
	progress(me);
}

void *lab_malloc(struct actor *actor, size_t size)
{
	enter(actor, OP_MALLOC, size);
	void *block = actor->heap->malloc(size);
	leave(actor, block);
	return block;
}

void *lab_calloc(struct actor *actor, size_t count, size_t size)
{
	enter(actor, OP_CALLOC, count * size);
	void *block = actor->heap->calloc(count, size);
	leave(actor, block);
	return block;
}

void *lab_realloc(struct actor *actor, void *block, size_t size)
{
	enter(actor, OP_REALLOC, size);
	void *moved = actor->heap->realloc(block, size);
	leave(actor, moved);
	return moved;
}

void *lab_aligned_alloc(struct actor *actor, size_t alignment, size_t size)
{
	enter(actor, OP_ALIGNED_ALLOC, size);
	void *block = actor->heap->aligned_alloc(alignment, size);
	leave(actor, block);
	return block;
}

void lab_free(struct actor *actor, void *block)
{
	enter(actor, OP_FREE, 0);
	actor->heap->free(block);
	leave(actor, block);
}
