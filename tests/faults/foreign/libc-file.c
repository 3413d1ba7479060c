/* As the scenario stdio, but nothing names the lock of the stream. */
#include "scenario.h"

#include <errno.h>
#include <stdio.h>

static FILE *file;
static char buffer[BUFSIZ];

static int setup(void)
{
	file = fopen("/dev/null", "we");
	if (!file)
		return -errno;
	setvbuf(file, buffer, _IOFBF, sizeof(buffer));
	return 0;
}

static void work(struct task *worker)
{
	fputs("a line\n", file);
	lab_mixed_work(worker);
}

static void child(struct task *me)
{
	lab_child_step(me, CHILD_STEP_PRINT);
	fputs("a line of the child\n", file);
	lab_child_steps_own(me);
}

static void run(struct task *worker)
{
	(void)worker;
	fputs("a line\n", file);
}

static const struct sequence sequence = {.run = run};

const struct scenario scenario_libc_file = {
	.name = "libc-file",
	.summary = "threads and the child print to a stream",
	.forker = FORKER_MAIN,
	.optional = true,
	.setup = setup,
	.work = work,
	.child = child,
	.sequence = &sequence,
};
