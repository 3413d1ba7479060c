/*
 * The child takes over the blocks of threads that do not exist in it: it frees, resizes and keeps
 * them in turn, allocates the same sizes again, and then starts threads, which may reuse the stacks
 * and thread-local storage of the vanished threads, and with it their caches.
 */
#include "scenario.h"

enum { THREADS = 4 };

static bool is_live(const struct block *block)
{
	return atomic_load_explicit(&block->live, memory_order_acquire) != 0;
}

enum takeover { FREED, RESIZED, KEPT, TAKEOVERS };

static void take_over(struct task *me, struct task *other)
{
	for (unsigned i = 0; i < TASK_BLOCKS; i++) {
		struct block *block = &other->block[i];
		if (!is_live(block))
			continue;
		size_t size = block->size;
		switch (i % TAKEOVERS) {
		case FREED:
			lab_block_free(me, block);
			lab_block_new(me, block, OP_MALLOC, size);
			break;
		case RESIZED:
			lab_block_resize(me, block, size + size / 2 + 8);
			break;
		default:
			lab_block_check(me, block);
		}
	}
}

/* Also checks that moved and new blocks do not overlap the kept ones. */
static void free_all(struct task *me, struct task *other)
{
	for (unsigned i = 0; i < TASK_BLOCKS; i++)
		if (is_live(&other->block[i]))
			lab_block_free(me, &other->block[i]);
}

static void mixed_thread(struct task *me)
{
	enum { UNITS = 8 };
	for (int i = 0; i < UNITS; i++)
		lab_mixed_work(me);
}

static void child(struct task *me)
{
	unsigned count;
	struct task *others = lab_parent_tasks(&count);
	lab_child_step(me, CHILD_STEP_FREE_OTHERS);
	for (unsigned i = 0; i < count; i++)
		take_over(me, &others[i]);
	for (int i = 0; i < THREADS; i++)
		lab_thread(me, mixed_thread);
	lab_child_step(me, CHILD_STEP_AGAIN);
	for (unsigned i = 0; i < count; i++)
		free_all(me, &others[i]);
	free_all(me, me);
}

static const struct sequence sequence = {.run = lab_sequence_short};

const struct scenario scenario_crossfree = {
	.name = "crossfree",
	.summary =
		"the child frees, resizes and reuses blocks of threads that are gone, then starts "
		"some",
	.forker = FORKER_MAIN,
	.optional = true,
	.work = lab_mixed_work,
	.child = child,
	.sequence = &sequence,
};
