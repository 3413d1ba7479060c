/*
 * Tasks and their calls into the allocator. The calls go through function pointers: at -O2 the
 * compiler would otherwise delete a malloc whose block is only freed.
 */
#include "task.h"

#include "../common/recorder.h"
#include "../common/runner.h"
#include "../common/runner_clock.h"
#include "trial.h"
#include "twin.h"

#include <stdlib.h>

struct task task_table[SHM_WORKERS_MAX + 1];
struct task child_task;

const struct heap_calls heap_plain = {
	.malloc = malloc,
	.calloc = calloc,
	.realloc = realloc,
	.aligned_alloc = aligned_alloc,
	.free = free,
};

const struct heap_calls *lab_heap = &heap_plain;

/* Initial-exec: a signal handler reads it, so its first access must not allocate. */
static _Thread_local struct task *self __attribute__((tls_model("initial-exec")));

struct task *lab_self(void)
{
	return self;
}

void task_set_self(struct task *task)
{
	self = task;
}

struct task *task_main(void)
{
	return &task_table[runner.workers];
}

struct task *lab_parent_tasks(unsigned *count)
{
	*count = runner.workers + 1;
	return task_table;
}

void task_init(struct task *task, struct activity *activity, uint32_t index, uint64_t seed)
{
	task->activity = activity;
	task->heap = runner.scenario->heap ? runner.scenario->heap : lab_heap;
	task->index = index;
	task->recorder = task == &child_task ? recorder_of_child() : recorder_of_task(index);
	task->random = seed ^ (UINT64_C(0x9e3779b97f4a7c15) * (index + 1));
}

/* splitmix64, Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195. */
uint64_t lab_random(struct task *task)
{
	uint64_t z = task->random += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint32_t lab_random_below(struct task *task, uint32_t bound)
{
	return (uint32_t)(((lab_random(task) >> 32) * bound) >> 32);
}

/*
 * Thread caches serve small sizes without a lock (glibc's tcache up to 1032 bytes), so more than
 * half are larger; jemalloc caches up to 32 KiB, so some exceed that; and sizes beyond 128 KiB
 * usually get their own mapping.
 */
size_t lab_mixed_size(struct task *task)
{
	uint32_t pick = lab_random_below(task, 100);
	if (pick < 45)
		return 16 + lab_random_below(task, 1008);
	if (pick < 86)
		return 1040 + lab_random_below(task, 7000);
	if (pick < 98)
		return 8192 + lab_random_below(task, 56 * 1024);
	return 132 * 1024 + lab_random_below(task, 64 * 1024);
}

static void put32(_Atomic uint32_t *where, uint32_t value)
{
	atomic_store_explicit(where, value, memory_order_relaxed);
}

/* forklab only checks whether the number changes. */
static void progress(struct task *task)
{
	struct activity *activity = task->activity;
	uint64_t count = atomic_load_explicit(&activity->progress, memory_order_relaxed);
	if (task->in_child)
		atomic_store_explicit(&activity->at_ns, clock_ns(), memory_order_relaxed);
	atomic_store_explicit(&activity->progress, count + 1, memory_order_release);
}

static void enter(struct task *task, enum heap_op op, size_t size)
{
	struct activity *activity = task->activity;
	put32(&activity->op, op);
	atomic_store_explicit(&activity->size, size, memory_order_relaxed);
	put32(&activity->inside, 1);
	progress(task);
	if (task->recorder)
		recorder_call_begin(task->recorder, op, size);
}

static void leave(struct task *task, const void *block)
{
	if (task->recorder)
		recorder_call_end(task->recorder, block);
	put32(&task->activity->inside, 0);
	if (task->last_call)
		twin_end(task);
}

void lab_child_step(struct task *me, enum child_step step)
{
	if (me->recorder)
		recorder_child_step(me->recorder, step, NULL);
	put32(&me->activity->step, step);
	progress(me);
}

/* Not in the middle of the old name: a step without one is published in between. */
void lab_named_step(struct task *me, const char *name)
{
	struct trial *trial = trial_current();
	put32(&me->activity->step, CHILD_STEP_START);
	atomic_thread_fence(memory_order_release);
	size_t i = 0;
	for (; name[i] && i + 1 < sizeof(trial->step_name); i++)
		trial->step_name[i] = name[i];
	trial->step_name[i] = '\0';
	if (me->recorder)
		recorder_child_step(me->recorder, CHILD_STEP_NAMED, trial->step_name);
	atomic_store_explicit(&me->activity->step, CHILD_STEP_NAMED, memory_order_release);
	progress(me);
}

void *lab_malloc(struct task *task, size_t size)
{
	enter(task, OP_MALLOC, size);
	void *block = task->heap->malloc(size);
	leave(task, block);
	return block;
}

void *lab_calloc(struct task *task, size_t count, size_t size)
{
	enter(task, OP_CALLOC, count * size);
	void *block = task->heap->calloc(count, size);
	leave(task, block);
	return block;
}

void *lab_realloc(struct task *task, void *block, size_t size)
{
	enter(task, OP_REALLOC, size);
	void *moved = task->heap->realloc(block, size);
	leave(task, moved);
	return moved;
}

void *lab_aligned_alloc(struct task *task, size_t alignment, size_t size)
{
	enter(task, OP_ALIGNED_ALLOC, size);
	void *block = task->heap->aligned_alloc(alignment, size);
	leave(task, block);
	return block;
}

void lab_free(struct task *task, void *block)
{
	enter(task, OP_FREE, 0);
	task->heap->free(block);
	leave(task, block);
}
