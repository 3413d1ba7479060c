/* The child waits on a condition variable for a thread of a pool that its parent has. */
#include "scenario.h"

#include <pthread.h>

static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t pool_has_answer = PTHREAD_COND_INITIALIZER;
static volatile bool answered;

static void child(struct task *me)
{
	lab_child_step(me, CHILD_STEP_PRINT);
	pthread_mutex_lock(&pool_lock);
	while (!answered)
		pthread_cond_wait(&pool_has_answer, &pool_lock);
	pthread_mutex_unlock(&pool_lock);
	lab_child_steps_own(me);
}

static void run(struct task *worker)
{
	struct block *block = &worker->block[0];
	lab_block_new(worker, block, OP_MALLOC, 100);
	lab_block_free(worker, block);
}

static const struct sequence sequence = {.run = run};

const struct scenario scenario_own_condition = {
	.name = "own-condition",
	.summary = "the child waits for a thread that it does not have",
	.forker = FORKER_MAIN,
	.optional = true,
	.work = lab_mixed_work,
	.child = child,
	.sequence = &sequence,
};
