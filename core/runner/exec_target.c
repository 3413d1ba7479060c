/*
 * What the child executes, or what is spawned instead of a fork: this very program, which starts
 * with a fresh heap, allocates a block, and ends. The page goes with it, so the trial sees that.
 */
#include "runner.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char program[] = "/proc/self/exe";

enum {
	NUMBER_MAX = 12,   /* characters of a number with its NUL */
	OWN_ARGUMENTS = 5, /* name, --page, number, --executed, number */
	ARGUMENTS_MAX = 64,
};

struct command {
	char page[NUMBER_MAX], place[NUMBER_MAX];
	char *argument[ARGUMENTS_MAX + 1];
};

/* snprintf() is not async-signal-safe. */
static void put_number(char *text, uint32_t number)
{
	char reverse[NUMBER_MAX];
	int digits = 0;
	do
		reverse[digits++] = (char)('0' + number % 10);
	while (number /= 10);
	while (digits)
		*text++ = reverse[--digits];
	*text = '\0';
}

static void make_command(struct command *command, char *const more[])
{
	uint32_t place = (uint32_t)(trial_current() - runner.page->trial);
	put_number(command->page, (uint32_t)runner.page_fd);
	put_number(command->place, place);
	char *const own[OWN_ARGUMENTS] = {
		"forklab-executed", "--page", command->page, "--executed", command->place};
	unsigned count = 0;
	for (; count < OWN_ARGUMENTS; count++)
		command->argument[count] = own[count];
	for (; more && *more && count < ARGUMENTS_MAX; more++)
		command->argument[count++] = *more;
	command->argument[count] = NULL;
}

_Noreturn void lab_exec(struct actor *me, char *const argument[], char *const environment[])
{
	struct command command;
	if (runner.page_fd < 0)
		failure_end(me, FAILURE_ENGINE, NULL, 0);
	make_command(&command, argument);
	lab_step(me, STEP_EXECUTE);
	fcntl(runner.page_fd, F_SETFD, 0);
	execve(program, command.argument, environment);
	failure_end(me, FAILURE_ENGINE, NULL, 0);
}

/* The page's descriptor onto itself: that takes its close-on-exec away in the spawned process. */
static int spawn(pid_t *pid, char *const *argument)
{
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);
	if (error)
		return error;
	error = posix_spawn_file_actions_adddup2(&actions, runner.page_fd, runner.page_fd);
	if (!error)
		error = posix_spawn(pid, program, &actions, NULL, argument, environ);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

void lab_spawn(struct actor *actor)
{
	struct command command;
	pid_t pid = 0;
	(void)actor;
	if (runner.page_fd < 0)
		lab_broken("the scenario has not asked for the page's descriptor", 0);
	make_command(&command, NULL);
	trial_forking();
	int error = spawn(&pid, command.argument);
	gate_close();
	if (error)
		lab_broken("posix_spawn failed", error);
	trial_forked(pid);
}

_Noreturn void executed_main(uint32_t place)
{
	enum { SIZE = 1000 };
	struct trial *trial = &runner.page->trial[place % PAGE_TRIALS];
	struct actor *me = &child_actor;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	trial_adopt(trial);
	runner.scenario = scenario_table[0];
	actor_prepare(me, &trial->child, 0x80, trial->number);
	me->heap = &heap_plain;
	me->in_child = true;
	runner.pid = getppid();
	atomic_store(&trial->child.pid, getpid());
	atomic_store(&trial->child.tid, (int32_t)syscall(SYS_gettid));
	lab_step(me, STEP_EXECUTE);
	lab_block_new(me, &me->block[0], OP_MALLOC, SIZE);
	lab_block_drop(me, &me->block[0]);
	lab_step(me, STEP_EXIT);
	exit(RUNNER_OK);
}
