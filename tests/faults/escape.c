/* Processes that escape, and processes that multiply. */
#include "fault.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a runner asked for so that the child dies with it. */
static void clear_pdeathsig(void)
{
	prctl(PR_SET_PDEATHSIG, 0);
}

static void leave_session(void)
{
	setsid();
	clear_pdeathsig();
	fault_hang();
}

static void ignore_signals(void)
{
	sigset_t all;
	sigfillset(&all);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_IGN);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (volatile uint32_t word = 0; word == 0;)
		;
}

static void close_descriptors(void)
{
	syscall(SYS_close_range, 0, ~0U, 0);
	fault_hang();
}

/* A process that outlives its maker: in a session of its own, like a daemon. */
static void make_grandchild(void)
{
	if (fork() == 0) {
		setsid();
		fault_hang();
	}
}

/* The child finishes its work and exits normally; the processes that it made stay. */
static void fork_again(void)
{
	make_grandchild();
}

static void fork_again_and_hang(void)
{
	make_grandchild();
	fault_hang();
}

static void fork_many(void)
{
	enum { MANY = 50 };
	for (int i = 0; i < MANY; i++)
		make_grandchild();
}

/* A chain: each generation makes the next and ends. */
static void fork_chain(void)
{
	enum { GENERATIONS = 300 };
	if (fork() != 0)
		return;
	setsid();
	for (int i = 0; i < GENERATIONS; i++)
		if (fork() != 0)
			syscall(SYS_exit_group, 0);
	fault_hang();
}

/* Honest work: the grandchild ends before the child does. */
static void fork_and_wait(void)
{
	pid_t pid = fork();
	if (pid == 0)
		syscall(SYS_exit_group, 0);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0)
		;
}

const struct fault faults_escape[] = {
	{.name = "setsid", .in_child = leave_session},
	{.name = "ignore-signals", .in_child = ignore_signals},
	{.name = "close-fds", .in_child = close_descriptors},
	{.name = "fork-again", .in_child = fork_again},
	{.name = "fork-again-hang", .in_child = fork_again_and_hang},
	{.name = "fork-many", .in_child = fork_many},
	{.name = "run-away", .in_child = fork_chain},
	{.name = "fork-and-wait", .in_child = fork_and_wait},
	{0},
};
