#include "crash_tracer.h"

#include "ptrace_call.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

static const unsigned long trace_options =
	PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT;

static void add(struct crash_tracer *tracer, pid_t tid)
{
	if (tracer->count < CRASH_TRACER_MAX)
		tracer->tid[tracer->count++] = tid;
	else
		(void)ptrace_number(PTRACE_DETACH, tid, 0);
}

static void drop(struct crash_tracer *tracer, pid_t tid)
{
	for (unsigned i = 0; i < tracer->count; i++)
		if (tracer->tid[i] == tid)
			tracer->tid[i] = tracer->tid[--tracer->count];
	if (tracer->forker == tid)
		tracer->forker = 0;
}

int crash_tracer_await_fork(struct crash_tracer *tracer, pid_t tid)
{
	int error = ptrace_number(PTRACE_SEIZE, tid, PTRACE_O_TRACEFORK);
	if (error)
		return error;
	tracer->forker = tid;
	add(tracer, tid);
	return 0;
}

int crash_tracer_adopt(struct crash_tracer *tracer, pid_t pid)
{
	int error = ptrace_number(PTRACE_SETOPTIONS, pid, trace_options);
	if (!error)
		error = ptrace_number(PTRACE_CONT, pid, 0);
	if (!error)
		add(tracer, pid);
	return error;
}

bool crash_tracer_traces(const struct crash_tracer *tracer, pid_t pid)
{
	for (unsigned i = 0; i < tracer->count; i++)
		if (tracer->tid[i] == pid)
			return true;
	return false;
}

/* ---- Stops ---- */

static bool is_fatal(int signal)
{
	static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		if (fatal[i] == signal)
			return true;
	return false;
}

/* Only the first death counts: it may cause others. */
static void record_death(struct crash_tracer *tracer, pid_t tid, int signal)
{
	struct arch_regs regs;
	if (tracer->recorded || arch_get_regs(tid, &regs) != 0 ||
		snapshot_take(&tracer->snapshot, tid, &regs) != 0)
		return;
	tracer->recorded = true;
	tracer->signal = signal;
}

/* The child stops too, now or later: poll_one() sees that. */
static void on_fork(struct crash_tracer *tracer, pid_t tid)
{
	unsigned long child = ptrace_event_message(tid);
	if (child > 0)
		add(tracer, (pid_t)child);
	if (tid != tracer->forker) {
		(void)ptrace_number(PTRACE_CONT, tid, 0);
		return;
	}
	drop(tracer, tid);
	(void)ptrace_number(PTRACE_DETACH, tid, 0);
}

static void on_exit(struct crash_tracer *tracer, pid_t tid)
{
	int status = (int)ptrace_event_message(tid);
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		record_death(tracer, tid, 0);
	(void)ptrace_number(PTRACE_CONT, tid, 0);
}

static void on_stop(struct crash_tracer *tracer, pid_t tid, int status)
{
	int signal = WSTOPSIG(status), event = status >> 16;
	switch (event) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_CLONE:
		on_fork(tracer, tid);
		break;
	case PTRACE_EVENT_EXIT:
		on_exit(tracer, tid);
		break;
	case PTRACE_EVENT_STOP:
		/* The first stop of a new child, which has inherited the options of its parent. */
		(void)ptrace_number(PTRACE_SETOPTIONS, tid, trace_options);
		(void)ptrace_number(PTRACE_CONT, tid, 0);
		break;
	case 0:
		if (is_fatal(signal))
			record_death(tracer, tid, signal);
		(void)ptrace_number(PTRACE_CONT, tid, (unsigned long)signal);
		break;
	default:
		(void)ptrace_number(PTRACE_CONT, tid, 0);
		break;
	}
}

/* False: no change of state. */
static bool poll_one(struct crash_tracer *tracer, pid_t tid)
{
	siginfo_t info = {0};
	int status;
	if (waitid(P_PID, (id_t)tid, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL) < 0) {
		drop(tracer, tid);
		return true;
	}
	if (info.si_pid == 0)
		return false;
	if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED) {
		drop(tracer, tid);
		ptrace_reap(tid);
	} else if (waitpid(tid, &status, __WALL | WNOHANG) == tid && WIFSTOPPED(status)) {
		on_stop(tracer, tid, status);
	}
	return true;
}

void crash_tracer_poll(struct crash_tracer *tracer)
{
	for (unsigned i = 0; i < tracer->count;)
		if (!poll_one(tracer, tracer->tid[i]))
			i++;
}
