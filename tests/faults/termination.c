/* Processes that end in different ways. */
#include "fault.h"
#include "shm.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static void say(const char *words)
{
	/* There is no way to report an error. */
	if (write(STDERR_FILENO, words, strlen(words)) < 0)
		return;
}

static _Noreturn void exit_group(int status)
{
	for (;;)
		syscall(SYS_exit_group, status);
}

static void exit_silently(void)
{
	exit_group(1);
}

/* As if all were well, in the middle of its work. */
static void exit_with_success(void)
{
	exit_group(0);
}

/* As if all its work were done, although no check has run. */
static void exit_without_check(void)
{
	struct shm *shm = fault_shm();
	for (int i = 0; i < SHM_TRIALS; i++)
		if (atomic_load(&shm->trial[i].child.pid) == getpid())
			atomic_store(&shm->trial[i].child.step, CHILD_STEP_EXIT);
	exit_group(0);
}

static void exit_with_message_and_success(void)
{
	say("heap: this process may not go on\n");
	exit_group(0);
}

static void exit_with_message(void)
{
	/* A terminal's control characters must not come through to the user's. */
	say("heap: no multithreaded fork here\033[2J\a\n");
	exit_group(1);
}

static void abort_with_message(void)
{
	say("malloc(): corrupted top size\n");
	abort();
}

/* A lot of output: only its end matters. */
static void abort_with_flood(void)
{
	enum { LINES = 20 * 1000 };
	for (int i = 0; i < LINES; i++)
		say("the heap has a lot to say, line after line, and none of it matters\n");
	say("the last word\n");
	abort();
}

static void segfault(void)
{
	raise(SIGSEGV);
}

static void die_of_signal(void)
{
	raise(SIGUSR1);
}

/*
 * A process with threads needs some milliseconds to die. A child that hung meanwhile could be
 * proven stuck before the death of the runner is seen; one that sleeps with a timeout cannot.
 */
static void kill_runner(void)
{
	kill(getppid(), SIGKILL);
	sleep(1);
	fault_hang();
}

/* As somebody else could. */
static void kill_self(void)
{
	raise(SIGKILL);
}

const struct fault faults_termination[] = {
	{.name = "exit-silently", .in_child = exit_silently},
	{.name = "exit-too-early", .in_child = exit_with_success},
	{.name = "exit-message", .in_child = exit_with_message},
	{.name = "exit-at-once", .in_child_at_once = exit_with_success},
	{.name = "exit-message-success", .in_child_at_once = exit_with_message_and_success},
	{.name = "no-check", .in_child_at_once = exit_without_check},
	{.name = "abort", .in_child = abort},
	{.name = "abort-message", .in_child = abort_with_message},
	{.name = "abort-flood", .in_child = abort_with_flood},
	{.name = "segv", .in_child = segfault},
	{.name = "usr1", .in_child = die_of_signal},
	{.name = "kill-child", .in_child = kill_self},
	{.name = "kill-runner", .in_child = kill_runner},
	{.name = "prepare-crash", .before_fork = segfault},
	{.name = "parent-crash", .after_fork = segfault},
	{.name = "parent-crash-later", .in_parent = segfault},
	{.name = "parent-exit", .in_parent = exit_with_success},
	{.name = "start-crash", .in_worker = segfault},
	{.name = "start-exit", .in_worker = exit_with_success},
	{.name = "describe-crash", .at_start = segfault},
	{.name = "describe-killed", .at_start = kill_self},
	{0},
};
