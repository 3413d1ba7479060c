/*
 * The child's ladder: the same steps in the same order in every scenario, so that a finding can say
 * on which rung the child fell. The sizes cover what allocators treat differently: thread cache,
 * central lists, a mapping of its own.
 */
#include "runner.h"

#include <pthread.h>

enum { OTHERS_BLOCKS = 12 }; /* blocks of each other actor that the child gives back */

struct rung {
	enum child_step step;
	enum heap_op op;
	size_t size; /* bytes */
};

static const struct rung rungs[] = {
	{STEP_SMALL, OP_MALLOC, 16},
	{STEP_SMALL, OP_MALLOC, 24},
	{STEP_SMALL, OP_MALLOC, 100},
	{STEP_SMALL, OP_MALLOC, 256},
	{STEP_SMALL, OP_MALLOC, 1000},
	{STEP_MEDIUM, OP_MALLOC, 1500},
	{STEP_MEDIUM, OP_MALLOC, 4000},
	{STEP_MEDIUM, OP_MALLOC, 9000},
	{STEP_MEDIUM, OP_MALLOC, 40000},
	{STEP_LARGE, OP_MALLOC, 200000},
	{STEP_LARGE, OP_MALLOC, 600000},
	{STEP_CALLOC, OP_CALLOC, 500},
	{STEP_CALLOC, OP_CALLOC, 5000},
	{STEP_REALLOC, OP_REALLOC, 3000},
	{STEP_REALLOC, OP_REALLOC, 120},
	{STEP_ALIGNED, OP_ALIGNED_ALLOC, 700},
	{STEP_ALIGNED, OP_ALIGNED_ALLOC, 6000},
};
enum { RUNGS = sizeof rungs / sizeof rungs[0] };
_Static_assert((int)RUNGS <= (int)ACTOR_BLOCKS, "every rung has a block of its own");

static void climb(struct actor *me)
{
	for (unsigned i = 0; i < RUNGS; i++) {
		const struct rung *rung = &rungs[i];
		lab_step(me, rung->step);
		/* What is reallocated was a small block two rungs before: one grows, one shrinks.
		 */
		if (rung->op == OP_REALLOC) {
			lab_block_new(me, &me->block[i], OP_MALLOC, 600);
			lab_block_resize(me, &me->block[i], rung->size);
		} else {
			lab_block_new(me, &me->block[i], rung->op, rung->size);
		}
	}
}

static bool is_live(const struct block *block)
{
	return atomic_load_explicit(&block->live, memory_order_acquire) != 0;
}

static void give_back_others(struct actor *me, struct actor *other)
{
	uint32_t start = lab_below(me, ACTOR_BLOCKS);
	unsigned dropped = 0;
	for (uint32_t i = 0; i < ACTOR_BLOCKS && dropped < OTHERS_BLOCKS; i++) {
		struct block *block = &other->block[(start + i) % ACTOR_BLOCKS];
		if (!is_live(block))
			continue;
		lab_block_drop(me, block);
		dropped++;
	}
}

static void climb_and_free(struct actor *me)
{
	climb(me);
	lab_step(me, STEP_VERIFY);
	for (unsigned i = 0; i < RUNGS; i++)
		lab_block_check(me, &me->block[i]);
	lab_step(me, STEP_FREE_OWN);
	for (unsigned i = 0; i < RUNGS; i++)
		lab_block_drop(me, &me->block[i]);
}

static void free_others(struct actor *me)
{
	lab_step(me, STEP_FREE_OTHERS);
	unsigned count;
	struct actor *others = lab_others(&count);
	/* A call that will go on in this child may hold on to its own actor's blocks. */
	for (unsigned i = 0; i < count; i++)
		if (&others[i] != child_interrupted())
			give_back_others(me, &others[i]);
}

/* The actor is this thread's as long as the one that started it waits. */
static void *thread_main(void *argument)
{
	static const size_t sizes[] = {24, 1500, 200000};
	enum { COUNT = sizeof sizes / sizeof sizes[0] };
	struct actor *me = argument;
	actor_adopt(me);
	for (unsigned i = 0; i < COUNT; i++)
		lab_block_new(me, &me->block[i], OP_MALLOC, sizes[i]);
	for (unsigned i = 0; i < COUNT; i++)
		lab_block_drop(me, &me->block[i]);
	return NULL;
}

struct errand {
	struct actor *actor;
	void (*work)(struct actor *actor);
};

static void *errand_main(void *argument)
{
	const struct errand *errand = argument;
	actor_adopt(errand->actor);
	errand->work(errand->actor);
	return NULL;
}

static void run_thread(struct actor *me, void *(*begin)(void *argument), void *argument)
{
	pthread_t thread;
	lab_step(me, STEP_THREAD);
	if (pthread_create(&thread, NULL, begin, argument) != 0 || pthread_join(thread, NULL) != 0)
		failure_end(me, FAILURE_NO_THREAD, NULL, 0);
}

/* Start and end of a thread allocate, and take locks that malloc and free do not. */
static void use_thread(struct actor *me)
{
	run_thread(me, thread_main, me);
}

void lab_thread(struct actor *me, void (*work)(struct actor *me))
{
	struct errand errand = {me, work};
	if (work)
		run_thread(me, errand_main, &errand);
	else
		use_thread(me);
}

void lab_ladder_own(struct actor *me)
{
	climb_and_free(me);
	use_thread(me);
}

void lab_ladder(struct actor *me)
{
	climb_and_free(me);
	free_others(me);
	use_thread(me);
}

void lab_ladder_again(struct actor *me)
{
	static const size_t sizes[] = {32, 300, 2000, 20000};
	enum { COUNT = sizeof sizes / sizeof sizes[0] };
	lab_step(me, STEP_AGAIN);
	for (unsigned i = 0; i < COUNT; i++)
		lab_block_new(me, &me->block[i], OP_MALLOC, sizes[i]);
	for (unsigned i = 0; i < COUNT; i++)
		lab_block_drop(me, &me->block[i]);
}
