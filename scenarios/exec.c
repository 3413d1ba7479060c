/*
 * A common bug of servers: the child allocates between fork() and execve(), because it builds the
 * arguments and the environment there instead of before the fork.
 */
#include "scenario.h"

#include <string.h>

enum { ARGUMENTS = 12, VARIABLES = 20, TEXT = 120 };

static char *make_string(struct task *me, char letter)
{
	char *text = lab_malloc(me, TEXT);
	if (!text)
		return NULL;
	memset(text, letter, TEXT - 1);
	text[1] = '=';
	text[TEXT - 1] = '\0';
	return text;
}

/* A vector that grows as it is filled. NULL: no memory. */
static char **make_vector(struct task *me, unsigned count)
{
	char **list = NULL;
	for (unsigned i = 0; i < count; i++) {
		char **longer = lab_realloc(me, list, (i + 2) * sizeof(*list));
		if (!longer)
			return NULL;
		list = longer;
		list[i] = make_string(me, (char)('a' + i));
		if (!list[i])
			return NULL;
		list[i + 1] = NULL;
	}
	return list;
}

static void child(struct task *me)
{
	lab_child_step(me, CHILD_STEP_SMALL);
	char **arguments = make_vector(me, ARGUMENTS), **variables = make_vector(me, VARIABLES);
	if (!arguments || !variables)
		lab_fail(me, FAILURE_NO_MEMORY);
	/* A buffer, as for copying a file or a pipe. */
	lab_child_step(me, CHILD_STEP_LARGE);
	lab_block_new(me, &me->block[0], OP_MALLOC, 150000);
	lab_exec(me, arguments, variables);
}

static const struct sequence sequence = {.run = lab_sequence_brief};

const struct scenario scenario_exec = {
	.name = "exec",
	.summary = "the child allocates arguments and environment, then executes a program",
	.forker = FORKER_MAIN,
	.optional = true,
	.execs = true,
	.work = lab_mixed_work,
	.child = child,
	.sequence = &sequence,
};
