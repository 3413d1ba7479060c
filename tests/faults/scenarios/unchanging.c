/* A sequence that changes no memory that a child inherits: a sweep of it has no fork point. */
#include "scenario.h"

#include <stdlib.h>

static void read_environment(struct task *worker)
{
	(void)worker;
	for (int i = 0; i < 3; i++)
		(void)getenv("FORKLAB_IS_NOT_SET");
}

static const struct sequence sequence = {.run = read_environment};

const struct scenario scenario_unchanging = {
	.name = "unchanging",
	.summary = "a sequence that changes no memory that a child inherits",
	.forker = FORKER_MAIN,
	.work = lab_mixed_work,
	.child = lab_child_steps,
	.sequence = &sequence,
};
