/*
 * The worker converts times, and so does the child: under libc's lock of the time zone, which
 * nothing takes before a fork.
 */
#include "scenario.h"

#include <time.h>

static void convert(void)
{
	const time_t now = 1000000000;
	struct tm local;
	localtime_r(&now, &local);
}

/* The time zone is read, with malloc(), before any other thread is there. */
static int setup(void)
{
	convert();
	return 0;
}

static void work(struct task *worker)
{
	convert();
	lab_mixed_work(worker);
}

static void child(struct task *me)
{
	lab_child_step(me, CHILD_STEP_PRINT);
	convert();
	lab_child_steps_own(me);
}

static void run(struct task *worker)
{
	struct block *block = &worker->block[0];
	convert();
	lab_block_new(worker, block, OP_MALLOC, 100);
	lab_block_free(worker, block);
}

static const struct sequence sequence = {.run = run};

const struct scenario scenario_libc_time = {
	.name = "libc-time",
	.summary = "threads and the child convert times",
	.forker = FORKER_MAIN,
	.optional = true,
	.setup = setup,
	.work = work,
	.child = child,
	.sequence = &sequence,
};
