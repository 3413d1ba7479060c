/*
 * Several threads fork at the same time, so the handlers of several forks run concurrently. glibc
 * 2.36 and later hold no lock around them. The workers' children exit at once; the trial's child is
 * the main thread's.
 */
#include "scenario.h"

enum { FORK_EVERY = 8 }; /* units of work */

static void work(struct task *worker)
{
	lab_mixed_work(worker);
	if (lab_random_below(worker, FORK_EVERY) == 0)
		lab_fork_concurrent();
}

/* Stepped: the prepare handlers, the fork, and the parent handlers. */
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
