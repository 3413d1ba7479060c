#include "crash_tracer.h"

#include "proc.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static const long trace_options =
	PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT;

static long ptrace_number(enum __ptrace_request what, pid_t tid, long number)
{
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): ptrace's own convention */
	return ptrace(what, tid, NULL, (void *)number) < 0 ? -errno : 0;
}

static void add(struct crash_tracer *d, pid_t tid)
{
	if (d->traced < CRASH_TRACER_MAX)
		d->tid[d->traced++] = tid;
	else
		(void)ptrace_number(PTRACE_DETACH, tid, 0);
}

static void drop(struct crash_tracer *d, pid_t tid)
{
	for (unsigned i = 0; i < d->traced; i++)
		if (d->tid[i] == tid)
			d->tid[i] = d->tid[--d->traced];
	if (d->forker == tid)
		d->forker = 0;
}

int crash_tracer_await_fork(struct crash_tracer *d, pid_t tid)
{
	long error = ptrace_number(PTRACE_SEIZE, tid, PTRACE_O_TRACEFORK);
	if (error)
		return (int)error;
	d->forker = tid;
	add(d, tid);
	return 0;
}

int crash_tracer_adopt(struct crash_tracer *d, pid_t pid)
{
	long error = ptrace_number(PTRACE_SETOPTIONS, pid, trace_options);
	if (!error)
		error = ptrace_number(PTRACE_CONT, pid, 0);
	if (!error)
		add(d, pid);
	return (int)error;
}

bool crash_tracer_traces(const struct crash_tracer *d, pid_t pid)
{
	for (unsigned i = 0; i < d->traced; i++)
		if (d->tid[i] == pid)
			return true;
	return false;
}

/* ---- What stops them ---- */

static bool is_fatal(int signal)
{
	static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};
	for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++)
		if (fatal[i] == signal)
			return true;
	return false;
}

/* Who dies first counts: its end brings others. */
static void record_death(struct crash_tracer *d, pid_t tid, int signal)
{
	struct arch_regs regs;
	if (d->seen || arch_get_regs(tid, &regs) != 0 || snapshot_take(&d->at, tid, &regs) != 0)
		return;
	d->seen = true;
	d->signal = signal;
}

/* The child has stopped already, or will in a moment; it is told of as any other. */
static void on_fork(struct crash_tracer *d, pid_t tid)
{
	unsigned long child = 0;
	ptrace(PTRACE_GETEVENTMSG, tid, NULL, &child);
	if (child > 0)
		add(d, (pid_t)child);
	if (tid != d->forker) {
		(void)ptrace_number(PTRACE_CONT, tid, 0);
		return;
	}
	drop(d, tid);
	(void)ptrace_number(PTRACE_DETACH, tid, 0);
}

static void on_exit(struct crash_tracer *d, pid_t tid)
{
	unsigned long status = 0;
	ptrace(PTRACE_GETEVENTMSG, tid, NULL, &status);
	if (WIFEXITED((int)status) && WEXITSTATUS((int)status) != 0)
		record_death(d, tid, 0);
	(void)ptrace_number(PTRACE_CONT, tid, 0);
}

static void on_stop(struct crash_tracer *d, pid_t tid, int status)
{
	int signal = WSTOPSIG(status), event = status >> 16;
	switch (event) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_CLONE:
		on_fork(d, tid);
		break;
	case PTRACE_EVENT_EXIT:
		on_exit(d, tid);
		break;
	case PTRACE_EVENT_STOP:
		/* Its first stop, with the options of whoever forked it. */
		(void)ptrace_number(PTRACE_SETOPTIONS, tid, trace_options);
		(void)ptrace_number(PTRACE_CONT, tid, 0);
		break;
	case 0:
		if (is_fatal(signal))
			record_death(d, tid, signal);
		(void)ptrace_number(PTRACE_CONT, tid, signal);
		break;
	default:
		(void)ptrace_number(PTRACE_CONT, tid, 0);
		break;
	}
}

/* The end of forklab's own child is left to whoever waits for it; another one's has to be taken. */
static void on_death(struct crash_tracer *d, pid_t tid)
{
	int status;
	drop(d, tid);
	if (proc_parent(tid) != getpid())
		waitpid(tid, &status, __WALL | WNOHANG);
}

/* False: nothing has happened to it. */
static bool poll_one(struct crash_tracer *d, pid_t tid)
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
		on_death(d, tid);
	else if (waitpid(tid, &status, __WALL | WNOHANG) == tid && WIFSTOPPED(status))
		on_stop(d, tid, status);
	return true;
}

void crash_tracer_poll(struct crash_tracer *d)
{
	for (unsigned i = 0; i < d->traced;)
		if (!poll_one(d, d->tid[i]))
			i++;
}
