/*
 * Several threads fork at the same time: the handlers of one fork run while those of another do.
 * glibc 2.36 and later run them so, without a lock of libc's around them. A worker's own children
 * are gone at once; the one that counts is main's.
 */
#include "scenario.h"

enum { FORK_EVERY = 8 }; /* units of work */

static void work(struct task *worker)
{
	lab_mixed_work(worker);
	if (lab_random_below(worker, FORK_EVERY) == 0)
		lab_fork_concurrent();
}

/* Stepped through: the handlers of a fork before the copy, the copy, and the parent's after it. */
static void allocate_and_fork(struct task *worker)
{
	enum { SIZE = 1000 };
	lab_block_new(worker, &worker->block[0], OP_MALLOC, SIZE);
	lab_fork_concurrent();
	lab_block_free(worker, &worker->block[0]);
}

static const struct sequence sequence = {.run = allocate_and_fork};

const struct scenario scenario_concurrent = {
	.name = "concurrent",
	.summary = "threads fork while main forks: the handlers of both run at the same time",
	.forker = FORKER_MAIN,
	.work = work,
	.child = lab_child_steps,
	.sequence = &sequence,
};
