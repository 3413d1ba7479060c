/*
 * The program that the child executes, or that is spawned instead of a fork: the runner itself,
 * which starts with a fresh heap, allocates a block, and exits. It inherits the shm, so its
 * activity is recorded in the trial.
 */
#include "exec_target.h"

#include "../common/runner.h"
#include "failure.h"
#include "task.h"
#include "trial.h"
#include "worker_pause.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
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

struct exec_argv {
	char shm[NUMBER_MAX], slot[NUMBER_MAX];
	char *argument[ARGUMENTS_MAX + 1];
};

/* snprintf() is not async-signal-safe. */
static void format_number(char *text, uint32_t number)
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

static void make_exec_argv(struct exec_argv *command, char *const more[])
{
	uint32_t slot = (uint32_t)(trial_current() - runner.shm->trial);
	format_number(command->shm, (uint32_t)runner.shm_fd);
	format_number(command->slot, slot);
	char *const own[OWN_ARGUMENTS] = {
		"forklab-executed", "--page", command->shm, "--executed", command->slot};
	unsigned count = 0;
	for (; count < OWN_ARGUMENTS; count++)
		command->argument[count] = own[count];
	for (; more && *more && count < ARGUMENTS_MAX; more++)
		command->argument[count++] = *more;
	command->argument[count] = NULL;
}

_Noreturn void lab_exec(struct task *me, char *const argument[], char *const environment[])
{
	struct exec_argv command;
	if (runner.shm_fd < 0)
		failure_exit(me, FAILURE_ENGINE, NULL, 0);
	make_exec_argv(&command, argument);
	lab_child_step(me, CHILD_STEP_EXEC);
	fcntl(runner.shm_fd, F_SETFD, 0);
	execve(program, command.argument, environment);
	failure_exit(me, FAILURE_ENGINE, NULL, 0);
}

/* dup2() of the shm's descriptor onto itself clears close-on-exec in the spawned process. */
static int spawn(pid_t *pid, char *const *argument)
{
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);
	if (error)
		return error;
	error = posix_spawn_file_actions_adddup2(&actions, runner.shm_fd, runner.shm_fd);
	if (!error)
		error = posix_spawn(pid, program, &actions, NULL, argument, environ);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

void lab_spawn(struct task *task)
{
	struct exec_argv command;
	pid_t pid = 0;
	(void)task;
	if (runner.shm_fd < 0)
		lab_broken("the scenario does not declare that it executes", 0);
	make_exec_argv(&command, NULL);
	trial_forking();
	int error = spawn(&pid, command.argument);
	worker_pause_begin();
	if (error)
		lab_broken("posix_spawn failed", error);
	trial_forked(pid);
}

_Noreturn void exec_target_main(uint32_t slot)
{
	enum { SIZE = 1000 };
	struct trial *trial = &runner.shm->trial[slot % SHM_TRIALS];
	struct task *me = &child_task;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	trial_adopt(trial);
	runner.scenario = scenario_table[0];
	task_init(me, &trial->child, 0x80, trial->number);
	me->heap = &heap_plain;
	me->in_child = true;
	runner.pid = getppid();
	atomic_store(&trial->child.pid, getpid());
	atomic_store(&trial->child.tid, (int32_t)syscall(SYS_gettid));
	lab_child_step(me, CHILD_STEP_EXEC);
	lab_block_new(me, &me->block[0], OP_MALLOC, SIZE);
	lab_block_free(me, &me->block[0]);
	lab_child_step(me, CHILD_STEP_EXIT);
	exit(RUNNER_OK);
}
