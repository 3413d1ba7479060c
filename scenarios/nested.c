/*
 * Three generations: the child starts threads that allocate, and forks again while they do; so does
 * its child. What a handler leaves behind in a child (a lock that is taken, a count that is wrong)
 * shows only when that child forks. A generation that has forked stops its threads and waits.
 */
#include "scenario.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

enum { GENERATIONS = 2, THREADS = 2 };

/* Each generation has its own, since a process's memory is its own: the same place, another copy.
 */
static struct actor member[THREADS];
static struct diary diary[THREADS];
static _Atomic bool over;

static void *live(void *argument)
{
	struct actor *me = argument;
	while (!over)
		lab_mixed_work(me);
	return NULL;
}

/* With blocks of its own, none yet, and a random sequence of its own. */
static void prepare(struct actor *me, unsigned i)
{
	enum { FIRST_INDEX = 0x90 };
	member[i] = (struct actor){.diary = &diary[i],
		.heap = me->heap,
		.random = lab_random(me),
		.index = FIRST_INDEX + i,
		.in_child = true};
}

/* The forking main thread has one for itself, and its child inherited that. */
static void use_all_processors(void)
{
	cpu_set_t all;
	memset(&all, 0xff, sizeof all);
	sched_setaffinity(0, sizeof all, &all);
}

static bool start_threads(struct actor *me)
{
	pthread_t thread;
	lab_step(me, STEP_THREAD);
	use_all_processors();
	for (unsigned i = 0; i < THREADS; i++) {
		prepare(me, i);
		if (pthread_create(&thread, NULL, live, &member[i]) != 0 ||
			pthread_detach(thread) != 0)
			return false;
	}
	return true;
}

static void free_members(struct actor *me)
{
	enum { COUNT = 8 };
	for (unsigned i = 0; i < THREADS; i++)
		for (unsigned b = 0; b < COUNT; b++)
			if (member[i].block[b].live)
				lab_block_drop(me, &member[i].block[b]);
}

static void child(struct actor *me)
{
	lab_ladder(me);
	for (int generation = 0; generation < GENERATIONS; generation++) {
		if (!start_threads(me))
			lab_fail(me, FAILURE_NO_THREAD);
		/* Meanwhile the others get going. */
		lab_thread(me, NULL);
		pid_t pid = lab_fork_deeper(me);
		if (pid != 0) {
			over = true;
			lab_follow(pid);
		}
		lab_ladder_own(me);
		free_members(me);
	}
}

/* For sweeps, where every run must be the same: the threads have ended when it forks again. */
static void child_alone(struct actor *me)
{
	lab_ladder(me);
	for (int generation = 0; generation < GENERATIONS; generation++) {
		lab_thread(me, NULL);
		pid_t pid = lab_fork_deeper(me);
		if (pid != 0)
			lab_follow(pid);
		lab_ladder_own(me);
	}
}

static const struct sequence sequence = {.run = lab_sequence_brief, .child = child_alone};

const struct scenario scenario_nested = {
	.name = "nested",
	.summary = "the child starts threads that allocate and forks again, three generations deep",
	.forker = FORKER_MAIN,
	.further = true,
	.work = lab_mixed_work,
	.child = child,
	.sequence = &sequence,
};
