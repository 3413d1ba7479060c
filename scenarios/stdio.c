/*
 * The threads print, main forks, the child prints, as in the original program. stdio has a lock per
 * stream: a child that hangs on it hangs with every allocator. The stream's lock is named, so such
 * a hang is attributed to the application and not to the allocator.
 *
 * glibc's fork() re-initialises the locks of all streams in the child; _Fork() and clone do not.
 */
#include "scenario.h"

#include <errno.h>
#include <stdio.h>

enum { LINES = 6 };

static FILE *file;
static char buffer[BUFSIZ]; /* so that stdio does not allocate one */

static void print(const struct task *task)
{
	for (int i = 0; i < LINES; i++)
		fprintf(file, "%s %u: line %d of %d\n", task->in_child ? "child" : "worker",
			task->index, i, LINES);
}

static void work(struct task *worker)
{
	print(worker);
	lab_mixed_work(worker);
}

/* lab_aim() aims at allocator calls; a little later a worker may be printing. */
static void fork_later(struct task *me)
{
	enum { SPINS_MAX = 20000 };
	for (volatile uint32_t spins = lab_random_below(me, SPINS_MAX); spins > 0;)
		spins = spins - 1;
	lab_fork(me);
}

static int setup(void)
{
	file = fopen("/dev/null", "we");
	if (!file)
		return -errno;
	setvbuf(file, buffer, _IOFBF, sizeof(buffer));
#ifdef __GLIBC__
	enum { FILE_LOCK_SIZE = 16 };
	lab_name_lock("stdio's FILE lock", file->_lock, FILE_LOCK_SIZE, -1);
#endif
	return 0;
}

static void child(struct task *me)
{
	lab_child_step(me, CHILD_STEP_PRINT);
	print(me);
	lab_child_steps(me);
}

/* A line, then allocator calls, then a line: windows of both kinds of lock side by side. */
static void print_and_allocate(struct task *worker)
{
	fprintf(file, "worker %u begins\n", worker->index);
	lab_sequence_brief(worker);
	fprintf(file, "worker %u ends\n", worker->index);
}

static const struct sequence sequence = {.run = print_and_allocate};

const struct scenario scenario_stdio = {
	.name = "stdio",
	.summary =
		"threads print and allocate, the child prints first: whose lock is it that hangs?",
	.forker = FORKER_MAIN,
	.optional = true,
	.setup = setup,
	.work = work,
	.fork = fork_later,
	.child = child,
	.sequence = &sequence,
};
