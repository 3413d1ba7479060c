/*
 * Short-lived threads: starting and ending a thread takes locks that malloc and free do not take,
 * and an exiting thread releases the contents of its caches.
 */
#include "scenario.h"

#include <pthread.h>

/* Uses the task of the worker, which waits meanwhile. */
static void *short_lived_thread(void *argument)
{
	enum { UNITS = 4 };
	for (int i = 0; i < UNITS; i++)
		lab_mixed_work(argument);
	return NULL;
}

static void work(struct task *worker)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, short_lived_thread, worker);
	if (!error)
		error = pthread_join(thread, NULL);
	if (error)
		lab_broken("no thread can be started", error);
}

static const struct sequence sequence = {
	.run = lab_sequence_short, .thread_ends = true, .is_long = true};

const struct scenario scenario_churn = {
	.name = "churn",
	.summary = "threads start, allocate and end all the time while main forks",
	.forker = FORKER_MAIN,
	.work = work,
	.child = lab_child_steps,
	.sequence = &sequence,
};
