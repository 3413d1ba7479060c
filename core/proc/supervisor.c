#include "supervisor.h"

#include "descendants.h"
#include "runner_process.h"
#include "status.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t outer;

bool guard_orphaned(void)
{
	return getppid() != outer;
}

static void watched_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

/*
 * The terminal sends its Ctrl-C to both of us; what somebody sent to the outer process alone is
 * passed on.
 */
static void pass_on(pid_t inner, const siginfo_t *info)
{
	if (info->si_code == SI_USER || info->si_code == SI_TKILL)
		kill(inner, info->si_signo);
}

static int await_inner(pid_t inner, const sigset_t *set)
{
	for (;;) {
		siginfo_t info;
		int status;
		int number = sigwaitinfo(set, &info);
		if (number > 0 && number != SIGCHLD)
			pass_on(inner, &info);
		pid_t got = waitpid(inner, &status, WNOHANG);
		if (got == inner)
			return WIFEXITED(status) ? WEXITSTATUS(status)
						 : STATUS_SIGNAL + WTERMSIG(status);
	}
}

static _Noreturn void inner_main(
	int (*work)(int argc, char **argv), int argc, char **argv, const sigset_t *old)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigprocmask(SIG_SETMASK, old, NULL);
	if (guard_orphaned() || spawn_become_reaper() != 0)
		_exit(STATUS_BROKEN);
	exit(work(argc, argv));
}

int guard_run(int (*work)(int argc, char **argv), int argc, char **argv)
{
	sigset_t set, old;
	watched_signals(&set);
	/* Blocked before the fork: the inner one's end must not slip through in between. */
	if (spawn_become_reaper() != 0 || sigprocmask(SIG_BLOCK, &set, &old) != 0) {
		fprintf(stderr, "forklab: cannot guard its children: %s\n", strerror(errno));
		return STATUS_BROKEN;
	}
	outer = getpid();
	pid_t inner = fork();
	if (inner == 0)
		inner_main(work, argc, argv, &old);
	if (inner < 0) {
		fprintf(stderr, "forklab: cannot fork: %s\n", strerror(errno));
		return STATUS_BROKEN;
	}
	int status = await_inner(inner, &set);
	descendants_kill();
	return status;
}
