/* A reader-writer lock of the application: the worker writes under it, the child reads. */
#include "scenario.h"

#include <pthread.h>

static pthread_rwlock_t table_lock = PTHREAD_RWLOCK_INITIALIZER;
static volatile unsigned table[4];

static void write_table(void)
{
	pthread_rwlock_wrlock(&table_lock);
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		table[i] = table[i] + 1;
	pthread_rwlock_unlock(&table_lock);
}

static void work(struct task *worker)
{
	write_table();
	lab_mixed_work(worker);
}

static void child(struct task *me)
{
	lab_child_step(me, CHILD_STEP_PRINT);
	pthread_rwlock_rdlock(&table_lock);
	pthread_rwlock_unlock(&table_lock);
	lab_child_steps_own(me);
}

static void run(struct task *worker)
{
	struct block *block = &worker->block[0];
	write_table();
	lab_block_new(worker, block, OP_MALLOC, 100);
	lab_block_free(worker, block);
}

static const struct sequence sequence = {.run = run};

const struct scenario scenario_own_rwlock = {
	.name = "own-rwlock",
	.summary = "a reader-writer lock of the application, which nothing names",
	.forker = FORKER_MAIN,
	.optional = true,
	.work = work,
	.child = child,
	.sequence = &sequence,
};
