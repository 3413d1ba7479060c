#include "crash_tracer.h"

#include "proc.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static const long family =
	PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT;

static long request(enum __ptrace_request what, pid_t tid, long number)
{
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): ptrace's own convention */
	return ptrace(what, tid, NULL, (void *)number) < 0 ? -errno : 0;
}

static void add(struct deathbed *d, pid_t tid)
{
	if (d->traced < DEATHBED_MAX)
		d->tid[d->traced++] = tid;
	else
		(void)request(PTRACE_DETACH, tid, 0);
}

static void drop(struct deathbed *d, pid_t tid)
{
	for (unsigned i = 0; i < d->traced; i++)
		if (d->tid[i] == tid)
			d->tid[i] = d->tid[--d->traced];
	if (d->forker == tid)
		d->forker = 0;
}

int deathbed_await_fork(struct deathbed *d, pid_t tid)
{
	long error = request(PTRACE_SEIZE, tid, PTRACE_O_TRACEFORK);
	if (error)
		return (int)error;
	d->forker = tid;
	add(d, tid);
	return 0;
}

int deathbed_adopt(struct deathbed *d, pid_t pid)
{
	long error = request(PTRACE_SETOPTIONS, pid, family);
	if (!error)
		error = request(PTRACE_CONT, pid, 0);
	if (!error)
		add(d, pid);
	return (int)error;
}

bool deathbed_holds(const struct deathbed *d, pid_t pid)
{
	for (unsigned i = 0; i < d->traced; i++)
		if (d->tid[i] == pid)
			return true;
	return false;
}

/* ---- What stops them ---- */

static bool is_deadly(int signal)
{
	static const int deadly[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};
	for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
		if (deadly[i] == signal)
			return true;
	return false;
}

/* Who dies first counts: its end brings others. */
static void look(struct deathbed *d, pid_t tid, int signal)
{
	struct arch_regs regs;
	if (d->seen || arch_get_regs(tid, &regs) != 0 || snapshot_take(&d->at, tid, &regs) != 0)
		return;
	d->seen = true;
	d->signal = signal;
}

/* The child has stopped already, or will in a moment; it is told of as any other. */
static void at_fork(struct deathbed *d, pid_t tid)
{
	unsigned long child = 0;
	ptrace(PTRACE_GETEVENTMSG, tid, NULL, &child);
	if (child > 0)
		add(d, (pid_t)child);
	if (tid != d->forker) {
		(void)request(PTRACE_CONT, tid, 0);
		return;
	}
	drop(d, tid);
	(void)request(PTRACE_DETACH, tid, 0);
}

static void at_exit(struct deathbed *d, pid_t tid)
{
	unsigned long status = 0;
	ptrace(PTRACE_GETEVENTMSG, tid, NULL, &status);
	if (WIFEXITED((int)status) && WEXITSTATUS((int)status) != 0)
		look(d, tid, 0);
	(void)request(PTRACE_CONT, tid, 0);
}

static void at_stop(struct deathbed *d, pid_t tid, int status)
{
	int signal = WSTOPSIG(status), event = status >> 16;
	switch (event) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_CLONE:
		at_fork(d, tid);
		break;
	case PTRACE_EVENT_EXIT:
		at_exit(d, tid);
		break;
	case PTRACE_EVENT_STOP:
		/* Its first stop, with the options of whoever forked it. */
		(void)request(PTRACE_SETOPTIONS, tid, family);
		(void)request(PTRACE_CONT, tid, 0);
		break;
	case 0:
		if (is_deadly(signal))
			look(d, tid, signal);
		(void)request(PTRACE_CONT, tid, signal);
		break;
	default:
		(void)request(PTRACE_CONT, tid, 0);
		break;
	}
}

/* The end of forklab's own child is left to whoever waits for it; another one's has to be taken. */
static void at_end(struct deathbed *d, pid_t tid)
{
	int status;
	drop(d, tid);
	if (proc_parent(tid) != getpid())
		waitpid(tid, &status, __WALL | WNOHANG);
}

/* False: nothing has happened to it. */
static bool poll_one(struct deathbed *d, pid_t tid)
{
	siginfo_t info = {0};
	int status;
	if (waitid(P_PID, (id_t)tid, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL) < 0) {
		drop(d, tid);
		return true;
	}
	if (info.si_pid == 0)
		return false;
	if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED)
		at_end(d, tid);
	else if (waitpid(tid, &status, __WALL | WNOHANG) == tid && WIFSTOPPED(status))
		at_stop(d, tid, status);
	return true;
}

void deathbed_poll(struct deathbed *d)
{
	for (unsigned i = 0; i < d->traced;)
		if (!poll_one(d, d->tid[i]))
			i++;
}
