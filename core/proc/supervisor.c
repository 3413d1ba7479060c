#include "supervisor.h"

#include "descendants.h"
#include "status.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t supervisor_pid;

bool supervisor_is_gone(void)
{
	return getppid() != supervisor_pid;
}

static void watched_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

/* Ctrl-C in the terminal goes to both processes; only signals sent by kill() are forwarded. */
static void forward_signal(pid_t supervised, const siginfo_t *info)
{
	if (info->si_code == SI_USER || info->si_code == SI_TKILL)
		kill(supervised, info->si_signo);
}

static int await_supervised(pid_t supervised, const sigset_t *set)
{
	for (;;) {
		siginfo_t info;
		int status;
		int number = sigwaitinfo(set, &info);
		if (number > 0 && number != SIGCHLD)
			forward_signal(supervised, &info);
		pid_t got = waitpid(supervised, &status, WNOHANG);
		if (got == supervised)
			return WIFEXITED(status) ? WEXITSTATUS(status)
						 : STATUS_SIGNAL + WTERMSIG(status);
	}
}

static _Noreturn void supervised_main(
	int (*work)(int argc, char **argv), int argc, char **argv, const sigset_t *old)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigprocmask(SIG_SETMASK, old, NULL);
	if (supervisor_is_gone() || descendants_become_subreaper() != 0)
		_exit(STATUS_BROKEN);
	exit(work(argc, argv));
}

int supervisor_run(int (*work)(int argc, char **argv), int argc, char **argv)
{
	sigset_t set, old;
	watched_signals(&set);
	/* Blocked before the fork, so that no SIGCHLD is lost. */
	if (descendants_become_subreaper() != 0 || sigprocmask(SIG_BLOCK, &set, &old) != 0)
		return -errno;
	supervisor_pid = getpid();
	pid_t supervised = fork();
	if (supervised == 0)
		supervised_main(work, argc, argv, &old);
	if (supervised < 0)
		return -errno;
	int status = await_supervised(supervised, &set);
	descendants_kill();
	return status;
}
