/*
 * Three generations: the child starts threads that allocate, and forks again while they do; so does
 * its child. What a handler leaves in a child (a held lock, a wrong counter) has an effect only
 * when that child forks. A generation that has forked stops its threads and waits.
 */
#include "scenario.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

enum { GENERATIONS = 2, THREADS = 2 };

/* Private memory: each generation has its own copy. */
static struct task thread_task[THREADS];
static struct activity activity[THREADS];
static _Atomic bool stop;

static void *thread_main(void *argument)
{
	struct task *me = argument;
	while (!stop)
		lab_mixed_work(me);
	return NULL;
}

/* Without blocks, and with a random sequence of its own. */
static void init_thread_task(struct task *me, unsigned i)
{
	enum { FIRST_INDEX = 0x90 };
	thread_task[i] = (struct task){.activity = &activity[i],
		.heap = me->heap,
		.random = lab_random(me),
		.index = FIRST_INDEX + i,
		.in_child = true};
}

/* The child inherited the affinity of the forking main thread, which has one processor. */
static void use_all_processors(void)
{
	cpu_set_t all;
	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(0, sizeof(all), &all);
}

static bool start_threads(struct task *me)
{
	pthread_t thread;
	lab_child_step(me, CHILD_STEP_THREAD);
	use_all_processors();
	for (unsigned i = 0; i < THREADS; i++) {
		init_thread_task(me, i);
		if (pthread_create(&thread, NULL, thread_main, &thread_task[i]) != 0 ||
			pthread_detach(thread) != 0)
			return false;
	}
	return true;
}

static void free_thread_blocks(struct task *me)
{
	enum { COUNT = 8 };
	for (unsigned i = 0; i < THREADS; i++)
		for (unsigned b = 0; b < COUNT; b++)
			if (thread_task[i].block[b].live)
				lab_block_free(me, &thread_task[i].block[b]);
}

static void child(struct task *me)
{
	lab_child_steps(me);
	for (int generation = 0; generation < GENERATIONS; generation++) {
		if (!start_threads(me))
			lab_fail(me, FAILURE_NO_THREAD);
		/* Gives the other threads time to start. */
		lab_thread(me, NULL);
		pid_t pid = lab_fork_nested(me);
		if (pid != 0) {
			stop = true;
			lab_exit_as(pid);
		}
		lab_child_steps_own(me);
		free_thread_blocks(me);
	}
}

/* For sweeps, which must be deterministic: the thread has ended when it forks again. */
static void child_alone(struct task *me)
{
	lab_child_steps(me);
	for (int generation = 0; generation < GENERATIONS; generation++) {
		lab_thread(me, NULL);
		pid_t pid = lab_fork_nested(me);
		if (pid != 0)
			lab_exit_as(pid);
		lab_child_steps_own(me);
	}
}

static const struct sequence sequence = {.run = lab_sequence_brief, .child = child_alone};

const struct scenario scenario_nested = {
	.name = "nested",
	.summary = "the child starts threads that allocate and forks again, three generations deep",
	.forker = FORKER_MAIN,
	.optional = true,
	.work = lab_mixed_work,
	.child = child,
	.sequence = &sequence,
};
