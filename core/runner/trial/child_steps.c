/*
 * Child steps: the same in every scenario and in the same order, so that a finding can name the one
 * that failed. The sizes cover what allocators treat differently: thread caches, central lists,
 * separate mappings.
 */
#include "child.h"
#include "failure.h"
#include "scenario.h"
#include "task.h"

#include <pthread.h>

enum { PARENT_BLOCKS = 12 }; /* blocks of each other task that the child frees */

struct step_call {
	enum child_step step;
	enum heap_op op;
	size_t size; /* bytes */
};

static const struct step_call step_calls[] = {
	{CHILD_STEP_SMALL, OP_MALLOC, 16},
	{CHILD_STEP_SMALL, OP_MALLOC, 24},
	{CHILD_STEP_SMALL, OP_MALLOC, 100},
	{CHILD_STEP_SMALL, OP_MALLOC, 256},
	{CHILD_STEP_SMALL, OP_MALLOC, 1000},
	{CHILD_STEP_MEDIUM, OP_MALLOC, 1500},
	{CHILD_STEP_MEDIUM, OP_MALLOC, 4000},
	{CHILD_STEP_MEDIUM, OP_MALLOC, 9000},
	{CHILD_STEP_MEDIUM, OP_MALLOC, 40000},
	{CHILD_STEP_LARGE, OP_MALLOC, 200000},
	{CHILD_STEP_LARGE, OP_MALLOC, 600000},
	{CHILD_STEP_CALLOC, OP_CALLOC, 500},
	{CHILD_STEP_CALLOC, OP_CALLOC, 5000},
	{CHILD_STEP_REALLOC, OP_REALLOC, 3000},
	{CHILD_STEP_REALLOC, OP_REALLOC, 120},
	{CHILD_STEP_ALIGNED, OP_ALIGNED_ALLOC, 700},
	{CHILD_STEP_ALIGNED, OP_ALIGNED_ALLOC, 6000},
};
enum { STEP_CALLS = sizeof(step_calls) / sizeof(step_calls[0]) };
_Static_assert((int)STEP_CALLS <= (int)TASK_BLOCKS, "every call has a block of its own");

static void run_step_calls(struct task *me)
{
	for (unsigned i = 0; i < STEP_CALLS; i++) {
		const struct step_call *step_call = &step_calls[i];
		lab_child_step(me, step_call->step);
		/* One grows a block, one shrinks it. */
		if (step_call->op == OP_REALLOC) {
			lab_block_new(me, &me->block[i], OP_MALLOC, 600);
			lab_block_resize(me, &me->block[i], step_call->size);
		} else {
			lab_block_new(me, &me->block[i], step_call->op, step_call->size);
		}
	}
}

static bool is_live(const struct block *block)
{
	return atomic_load_explicit(&block->live, memory_order_acquire) != 0;
}

static void free_some_of(struct task *me, struct task *other)
{
	uint32_t start = lab_random_below(me, TASK_BLOCKS);
	unsigned dropped = 0;
	for (uint32_t i = 0; i < TASK_BLOCKS && dropped < PARENT_BLOCKS; i++) {
		struct block *block = &other->block[(start + i) % TASK_BLOCKS];
		if (!is_live(block))
			continue;
		lab_block_free(me, block);
		dropped++;
	}
}

static void run_and_free(struct task *me)
{
	run_step_calls(me);
	lab_child_step(me, CHILD_STEP_VERIFY);
	for (unsigned i = 0; i < STEP_CALLS; i++)
		lab_block_check(me, &me->block[i]);
	lab_child_step(me, CHILD_STEP_FREE_OWN);
	for (unsigned i = 0; i < STEP_CALLS; i++)
		lab_block_free(me, &me->block[i]);
}

static void free_parent_blocks(struct task *me)
{
	lab_child_step(me, CHILD_STEP_FREE_OTHERS);
	unsigned count;
	struct task *others = lab_parent_tasks(&count);
	/* An interrupted call that is completed in this child may use its task's blocks. */
	for (unsigned i = 0; i < count; i++)
		if (&others[i] != child_interrupted())
			free_some_of(me, &others[i]);
}

static void allocate_and_free(struct task *me, const size_t *size, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		lab_block_new(me, &me->block[i], OP_MALLOC, size[i]);
	for (unsigned i = 0; i < count; i++)
		lab_block_free(me, &me->block[i]);
}

/* Uses the task of the thread that started it, which waits. */
static void *thread_main(void *argument)
{
	static const size_t sizes[] = {24, 1500, 200000};
	task_set_self(argument);
	allocate_and_free(argument, sizes, sizeof(sizes) / sizeof(sizes[0]));
	return NULL;
}

struct thread_job {
	struct task *task;
	void (*work)(struct task *task);
};

static void *thread_job_main(void *argument)
{
	const struct thread_job *thread_job = argument;
	task_set_self(thread_job->task);
	thread_job->work(thread_job->task);
	return NULL;
}

static void run_thread(struct task *me, void *(*begin)(void *argument), void *argument)
{
	pthread_t thread;
	lab_child_step(me, CHILD_STEP_THREAD);
	if (pthread_create(&thread, NULL, begin, argument) != 0 || pthread_join(thread, NULL) != 0)
		failure_exit(me, FAILURE_NO_THREAD, NULL, 0);
}

/* Starting and ending a thread allocates, and takes locks that malloc and free do not take. */
static void run_default_thread(struct task *me)
{
	run_thread(me, thread_main, me);
}

void lab_thread(struct task *me, void (*work)(struct task *me))
{
	struct thread_job thread_job = {me, work};
	if (work)
		run_thread(me, thread_job_main, &thread_job);
	else
		run_default_thread(me);
}

void lab_child_steps_own(struct task *me)
{
	run_and_free(me);
	run_default_thread(me);
}

void lab_child_steps(struct task *me)
{
	run_and_free(me);
	free_parent_blocks(me);
	run_default_thread(me);
}

void lab_child_steps_again(struct task *me)
{
	static const size_t sizes[] = {32, 300, 2000, 20000};
	lab_child_step(me, CHILD_STEP_AGAIN);
	allocate_and_free(me, sizes, sizeof(sizes) / sizeof(sizes[0]));
}
