#include "step.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "monotonic.h"
#include "proc.h"

enum { DETACH_MS = 100, DEATH_MS = 1000 };

static const uint64_t ns_per_ms = 1000 * 1000;
static const uint64_t first_nap_ns = 20 * 1000; /* most system calls are over after that */
static const uint64_t longest_nap_ns = 1000 * 1000;

/* The number in the pointer argument, as ptrace wants it. */
static int request(pid_t tid, enum __ptrace_request what, int number)
{
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	return ptrace(what, tid, NULL, (void *)(intptr_t)number) < 0 ? -errno : 0;
}

/* Its status in waitpid()'s form. */
static int status_of(const siginfo_t *info)
{
	enum { STOPPED = 0x7f, CORE = 0x80 };
	switch (info->si_code) {
	case CLD_EXITED:
		return info->si_status << 8;
	case CLD_DUMPED:
		return info->si_status | CORE;
	case CLD_KILLED:
		return info->si_status;
	default:
		return info->si_status << 8 | STOPPED;
	}
}

/*
 * The end of a process that forklab has made itself is left for the one who waits for it. That of
 * any other thread has to be taken, or its parent would wait for ever.
 */
static void reap_foreign(pid_t tid)
{
	int status;
	bool is_process = syscall(SYS_tgkill, tid, tid, 0) == 0;
	if (!is_process || proc_parent(tid) != getpid())
		waitpid(tid, &status, __WALL | WNOHANG);
}

/* waitpid(), but the change stays to be waited for: resuming the thread ends a stop anyway. */
static pid_t wait_for(pid_t tid, int flags, int *status)
{
	siginfo_t info = {0};
	if (waitid(P_PID, (id_t)tid, &info, WEXITED | WSTOPPED | WNOWAIT | __WALL | flags) < 0)
		return -1;
	if (info.si_pid == 0)
		return 0;
	*status = status_of(&info);
	if (!WIFSTOPPED(*status))
		reap_foreign(tid);
	return tid;
}

/*
 * The thread's next change of state, within wait_ms, or without limit for 0. Returns 1, 0 when
 * nothing changed in time, or -errno. Naps instead of yielding: on a crowded processor a yield lets
 * all the others go first, a nap only the stepped thread.
 */
static int next_change(pid_t tid, unsigned wait_ms, int *status)
{
	if (wait_ms == 0)
		return wait_for(tid, 0, status) < 0 ? -errno : 1;
	uint64_t deadline = monotonic_ns() + wait_ms * ns_per_ms;
	uint64_t nap = first_nap_ns;
	for (;;) {
		pid_t got = wait_for(tid, WNOHANG, status);
		if (got != 0)
			return got < 0 ? -errno : 1;
		uint64_t now = monotonic_ns();
		if (now >= deadline)
			return 0;
		uint64_t length = nap < deadline - now ? nap : deadline - now;
		struct timespec wait = {.tv_nsec = (long)length};
		clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
		nap = 2 * nap < longest_nap_ns ? 2 * nap : longest_nap_ns;
	}
}

static int resume(struct step *step)
{
	int error;
	if (step->stopped)
		error = request(step->tid, PTRACE_LISTEN, 0);
	else
		error = request(
			step->tid, step->until ? PTRACE_CONT : PTRACE_SINGLESTEP, step->deliver);
	if (error)
		return error;
	step->deliver = 0;
	step->running = true;
	return 0;
}

/*
 * SIGTRAP is the step's own, or one that somebody sent, or a breakpoint in the program. False: the
 * breakpoint that step_to() left behind stopped a step before it began; now the processor will
 * pass.
 */
static bool trap(struct step *step, enum step_event *event)
{
	siginfo_t info;
	memset(&info, 0, sizeof(info));
	ptrace(PTRACE_GETSIGINFO, step->tid, NULL, &info);
	if (info.si_code == TRAP_HWBKPT && !step->until)
		return false;
	if (info.si_code == SIGTRAP) {
		*event = STEP_HANDLER;
	} else if (info.si_code == TRAP_TRACE || info.si_code == TRAP_BRKPT ||
		   info.si_code == TRAP_HWBKPT) {
		*event = STEP_DONE;
	} else {
		step->deliver = SIGTRAP;
		*event = STEP_SIGNAL;
	}
	return true;
}

static pid_t made_process(pid_t tid)
{
	unsigned long message = 0;
	ptrace(PTRACE_GETEVENTMSG, tid, NULL, &message);
	return (pid_t)message;
}

/* What a wait status means. False: it is only stopped, and may go on. */
static bool classify(struct step *step, int status, enum step_event *event)
{
	step->running = false;
	if (WIFEXITED(status) || WIFSIGNALED(status)) {
		step->detail = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
		*event = WIFEXITED(status) ? STEP_EXITED : STEP_KILLED;
		step->tid = 0;
		return true;
	}
	int number = WSTOPSIG(status), kind = status >> 16;
	step->stopped = kind == PTRACE_EVENT_STOP && number != SIGTRAP;
	step->detail = number;
	if (step->stopped)
		*event = STEP_STOPPED;
	else if (kind == PTRACE_EVENT_STOP)
		return false;
	else if (kind == PTRACE_EVENT_EXEC)
		*event = STEP_EXEC;
	else if (kind == PTRACE_EVENT_FORK) {
		step->detail = made_process(step->tid);
		*event = STEP_FORKED;
	} else if (number == SIGTRAP)
		return trap(step, event);
	else {
		*event = STEP_SIGNAL;
		step->deliver = number;
	}
	return true;
}

/* A stopped thread that cannot be resumed is dying; it takes a moment until it is dead. */
static int wait_for_death(struct step *step, enum step_event *event)
{
	int status;
	int changed = next_change(step->tid, DEATH_MS, &status);
	return changed > 0 && classify(step, status, event) ? 0 : -ESRCH;
}

int step_wait(struct step *step, unsigned wait_ms, enum step_event *event)
{
	int status;
	for (;;) {
		int changed = next_change(step->tid, wait_ms, &status);
		if (changed < 0)
			return changed == -ECHILD ? -ESRCH : changed;
		if (changed == 0) {
			*event = STEP_RUNNING;
			return 0;
		}
		if (classify(step, status, event))
			return 0;
		int error = resume(step);
		if (error)
			return error == -ESRCH ? wait_for_death(step, event) : error;
	}
}

static int go(struct step *step, unsigned wait_ms, enum step_event *event)
{
	int error = resume(step);
	if (error == -ESRCH)
		return wait_for_death(step, event);
	return error ? error : step_wait(step, wait_ms, event);
}

int step_once(struct step *step, unsigned wait_ms, enum step_event *event)
{
	step->until = 0;
	return go(step, wait_ms, event);
}

int step_to_within(struct step *step, uint64_t address, unsigned wait_ms, enum step_event *event)
{
	if (address != step->breakpoint) {
		int error = arch_move_breakpoint(step->tid, step->breakpoint, address);
		if (error && error != -ESRCH)
			return error;
	}
	step->breakpoint = step->until = address;
	return go(step, wait_ms, event);
}

int step_to(struct step *step, uint64_t address, enum step_event *event)
{
	return step_to_within(step, address, 0, event);
}

/*
 * True when the step's SIGTRAP is still in the queue: it was over just before the interruption, or
 * the interruption made a system call return, to be restarted. Left there, it would kill the
 * process once we detach.
 */
static bool trap_is_queued(pid_t tid)
{
	siginfo_t info[8];
	struct __ptrace_peeksiginfo_args args = {.nr = 8};
	long count = ptrace(PTRACE_PEEKSIGINFO, tid, &args, info);
	for (long i = 0; i < count; i++) {
		if (info[i].si_signo == SIGTRAP && info[i].si_code > 0)
			return true;
	}
	return false;
}

int step_stop(struct step *step, unsigned wait_ms, enum step_event *event)
{
	int status = 0;
	int error = request(step->tid, PTRACE_INTERRUPT, 0);
	if (error)
		return error;
	int changed = next_change(step->tid, wait_ms ? wait_ms : 1, &status);
	if (changed < 0)
		return changed;
	if (changed == 0)
		return -ETIMEDOUT;
	*event = STEP_RUNNING;
	if (!classify(step, status, event) && trap_is_queued(step->tid))
		error = step_once(step, 0, event); /* takes the trap out, executes nothing */
	struct arch_regs regs;
	if (!error && *event == STEP_DONE)
		error = arch_get_regs(step->tid, &regs);
	if (!error && *event == STEP_DONE && arch_in_syscall(&regs))
		*event = STEP_RUNNING;
	return error;
}

void step_drop_signal(struct step *step)
{
	step->deliver = 0;
}

/* The tracer's processor if the thread may run there, else one that both may use, or -1. */
static int common_cpu(const cpu_set_t *tracer, const cpu_set_t *thread)
{
	int here = sched_getcpu();
	if (here >= 0 && CPU_ISSET(here, thread))
		return here;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, tracer) && CPU_ISSET(cpu, thread))
			return cpu;
	}
	return -1;
}

/* For speed only: where it is not possible, stepping works all the same. */
static void pin(struct step *step)
{
	if (sched_getaffinity(0, sizeof(step->tracer_cpus), &step->tracer_cpus) ||
		sched_getaffinity(step->tid, sizeof(step->thread_cpus), &step->thread_cpus))
		return;
	int cpu = common_cpu(&step->tracer_cpus, &step->thread_cpus);
	if (cpu < 0)
		return;
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	step->pinned = sched_setaffinity(step->tid, sizeof(one), &one) == 0;
	if (step->pinned)
		sched_setaffinity(0, sizeof(one), &one);
}

static void unpin(struct step *step, pid_t tid)
{
	if (!step->pinned)
		return;
	sched_setaffinity(0, sizeof(step->tracer_cpus), &step->tracer_cpus);
	if (tid)
		sched_setaffinity(tid, sizeof(step->thread_cpus), &step->thread_cpus);
	step->pinned = false;
}

/* Any stop will do: a signal that comes first takes the interruption's place for good. */
static int wait_attached(struct step *step, unsigned wait_ms)
{
	int status;
	enum step_event event;
	int changed = next_change(step->tid, wait_ms ? wait_ms : 1, &status);
	if (changed < 0)
		return changed;
	if (changed == 0)
		return -ETIMEDOUT;
	classify(step, status, &event);
	return step->tid ? 0 : -ESRCH;
}

int step_attach(struct step *step, pid_t tid, unsigned flags, unsigned wait_ms)
{
	memset(step, 0, sizeof(*step));
	int error = request(tid, PTRACE_SEIZE, PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC);
	if (error)
		return error;
	step->tid = tid;
	step->running = true;
	error = request(tid, PTRACE_INTERRUPT, 0);
	if (!error)
		error = wait_attached(step, wait_ms);
	if (!error && flags & STEP_PIN)
		pin(step);
	return error;
}

void step_release(pid_t tid)
{
	siginfo_t info;
	/* Without WEXITED: should it have died meanwhile, that is for others to learn. */
	if (waitid(P_PID, (id_t)tid, &info, WSTOPPED | WNOHANG | __WALL) == 0 || errno == ECHILD)
		request(tid, PTRACE_DETACH, 0);
}

void step_adopt(struct step *step, pid_t tid)
{
	memset(step, 0, sizeof(*step));
	step->tid = tid;
}

int step_detach(struct step *step)
{
	pid_t tid = step->tid;
	int error = 0;
	enum step_event event;
	if (tid && step->running)
		error = step_stop(step, DETACH_MS, &event);
	if (!error && step->tid && step->breakpoint)
		error = arch_move_breakpoint(tid, step->breakpoint, 0);
	if (!error && step->tid)
		error = request(tid, PTRACE_DETACH, step->deliver);
	unpin(step, step->tid);
	if (!error)
		step->tid = 0;
	return error == -ESRCH ? 0 : error;
}
