#include "scenario.h"
#include "task.h"

/*
 * What sweeps step through. The sizes are those of the child steps, so that the child needs the
 * structures that the stepped thread was changing.
 */

enum { FLOOD = 24 }; /* blocks of one size class: more than a thread cache holds */

static void fill(
	struct task *me, unsigned first, enum heap_op op, const size_t *size, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		lab_block_new(me, &me->block[first + i], op, size[i]);
}

static void drop(struct task *me, unsigned first, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		lab_block_free(me, &me->block[first + i]);
}

/* Overflows a thread cache, and empties it until it must be refilled. */
static void flood(struct task *me, unsigned first, size_t size)
{
	for (unsigned i = 0; i < FLOOD; i++)
		lab_block_new(me, &me->block[first + i], OP_MALLOC, size);
	drop(me, first, FLOOD);
}

/* Frees blocks of the main thread: they return to another thread's arena or page. */
static void free_main_blocks(struct task *me)
{
	enum { COUNT = 6 };
	for (unsigned i = 0; i < COUNT; i++)
		lab_block_free(me, &task_main()->block[i]);
}

void lab_sequence_long(struct task *worker)
{
	static const size_t classes[] = {24, 100, 256, 1000, 1500, 4000, 9000, 40000};
	static const size_t zeroed[] = {500, 5000};
	static const size_t aligned[] = {700, 6000};
	static const size_t large[] = {200000, 600000};
	enum { CLASSES = 8, LARGE = 16, REST = 20, FLOODED = 24 };
	fill(worker, 0, OP_MALLOC, classes, CLASSES);
	fill(worker, LARGE, OP_MALLOC, large, 2);
	drop(worker, LARGE, 1);
	lab_block_resize(worker, &worker->block[LARGE + 1], 900000);
	drop(worker, LARGE + 1, 1);
	fill(worker, REST, OP_CALLOC, zeroed, 2);
	fill(worker, REST + 2, OP_ALIGNED_ALLOC, aligned, 2);
	lab_block_resize(worker, &worker->block[2], 3000);
	lab_block_resize(worker, &worker->block[2], 120);
	free_main_blocks(worker);
	flood(worker, FLOODED, 1000);
	drop(worker, 1, CLASSES - 2);
	drop(worker, REST, 2);
}

void lab_sequence_brief(struct task *worker)
{
	static const size_t some[] = {24, 4000};
	fill(worker, 0, OP_MALLOC, some, 2);
	drop(worker, 0, 2);
}

void lab_sequence_short(struct task *worker)
{
	static const size_t some[] = {24, 1000, 4000, 200000};
	static const size_t zeroed[] = {500};
	static const size_t aligned[] = {700};
	fill(worker, 0, OP_MALLOC, some, 4);
	fill(worker, 4, OP_CALLOC, zeroed, 1);
	fill(worker, 5, OP_ALIGNED_ALLOC, aligned, 1);
	lab_block_resize(worker, &worker->block[1], 3000);
	free_main_blocks(worker);
	drop(worker, 1, 4);
}
