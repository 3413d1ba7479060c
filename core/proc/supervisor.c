#include "supervisor.h"

#include "descendants.h"
#include "interrupt.h"
#include "monotonic.h"
#include "proc_mount.h"
#include "status.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t supervisor_pid;
static int supervised_signal; /* that killed the supervised process; 0: none */

int supervisor_killed_by(void)
{
	return supervised_signal;
}

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

/*
 * Job control stops both processes. If only the supervised one was stopped, nobody else will
 * continue it. The delay lets a stop of the whole process group arrive here as well.
 */
enum { WAKE_DELAY_MS = 50, END_LIMIT_S = 30 };

struct supervision {
	pid_t pid;
	bool stopped;       /* it must be continued */
	uint64_t end_by_ns; /* it was told to end; 0: not yet */
};

/* Sleeps until a signal arrives, or until something is to be done. */
static void await_event(struct supervision *s, const sigset_t *set)
{
	siginfo_t info;
	const struct timespec delay = {.tv_nsec = WAKE_DELAY_MS * (long)NS_PER_MS};
	int number = s->stopped || s->end_by_ns ? sigtimedwait(set, &info, &delay)
						: sigwaitinfo(set, &info);
	if (number <= 0 || number == SIGCHLD)
		return;
	forward_signal(s->pid, &info);
	if (!s->end_by_ns)
		s->end_by_ns = monotonic_ns() + END_LIMIT_S * NS_PER_S;
}

/* Of a supervised process that ended with this wait status. The end that was asked for is no death. */
static int exit_status(const struct supervision *s, int status)
{
	supervised_signal = WIFSIGNALED(status) && !s->end_by_ns ? WTERMSIG(status) : 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_SIGNAL + WTERMSIG(status);
}

static int await_supervised(pid_t supervised, const sigset_t *set)
{
	struct supervision s = {.pid = supervised};
	for (;;) {
		int status;
		bool was_stopped = s.stopped;
		await_event(&s, set);
		pid_t got = waitpid(supervised, &status, WNOHANG | WUNTRACED);
		if (got == supervised && !WIFSTOPPED(status))
			return exit_status(&s, status);
		if (was_stopped)
			kill(supervised, SIGCONT);
		s.stopped = got == supervised;
		if (s.end_by_ns && monotonic_ns() > s.end_by_ns)
			kill(supervised, SIGKILL);
	}
}

static _Noreturn void supervised_main(
	int (*work)(int argc, char **argv), int argc, char **argv, const sigset_t *old)
{
	sigprocmask(SIG_SETMASK, old, NULL);
	if (interrupt_when_orphaned(supervisor_pid) != 0 || supervisor_is_gone() ||
		descendants_become_subreaper() != 0)
		_exit(STATUS_BROKEN);
	exit(work(argc, argv));
}

int supervisor_run(int (*work)(int argc, char **argv), int argc, char **argv)
{
	sigset_t set, old;
	watched_signals(&set);
	/* Stops and exits of children are waited for; the parent may have ignored SIGCHLD. */
	signal(SIGCHLD, SIG_DFL);
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
	/* Without its own /proc, `work` has refused to start anything. */
	if (proc_mount_check() == PROC_MOUNT_OWN)
		descendants_kill();
	return status;
}
