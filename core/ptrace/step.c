#include "step.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "interrupt.h"
#include "monotonic.h"
#include "ptrace_call.h"
#include "run_to.h"

enum { DETACH_MS = 100, DEATH_MS = 1000 };

static const uint64_t first_nap_ns = 20 * 1000; /* most system calls take less */
static const uint64_t longest_nap_ns = 1000 * 1000;

/* A wait status, as from waitpid(). */
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

/* As waitpid(), but does not consume the change; a stop ends when the thread is resumed. */
static pid_t wait_for(pid_t tid, int flags, int *status)
{
	siginfo_t info = {0};
	if (waitid(P_PID, (id_t)tid, &info, WEXITED | WSTOPPED | WNOWAIT | __WALL | flags) < 0)
		return -1;
	if (info.si_pid == 0)
		return 0;
	*status = status_of(&info);
	if (!WIFSTOPPED(*status))
		ptrace_reap(tid);
	return tid;
}

/*
 * Sleeps until a child or tracee changes its state, or for a while. False: nothing has happened.
 * SIGCHLD stays pending while it is blocked, so no change is missed.
 */
static bool sleep_until_sigchld(void)
{
	static const struct timespec limit = {.tv_nsec = 100 * 1000 * 1000};
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	return sigtimedwait(&set, NULL, &limit) == SIGCHLD;
}

static void block_sigchld(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/*
 * For a thread that stops at once, unless it is frozen, or stuck in the kernel: the time is counted
 * in sleeps, so that it does not pass while forklab itself is stopped. waitid() would return no
 * sooner, but nothing could interrupt it.
 */
static int next_change_at_once(pid_t tid, int *status)
{
	enum { SLEEPS_MAX = STEP_AT_ONCE_S * 10 };
	for (int sleeps = 0; sleeps < SLEEPS_MAX;) {
		pid_t got = wait_for(tid, WNOHANG, status);
		if (got != 0)
			return got < 0 ? -errno : 1;
		if (sleep_until_sigchld())
			continue;
		if (interrupt_received())
			return -EINTR;
		sleeps++;
	}
	return -ETIMEDOUT;
}

/*
 * Waits for the next change of state, at most wait_ms (0: it comes at once). Returns 1, 0 for a
 * timeout, or -errno. Sleeps instead of yielding: on a busy processor, yielding lets all other
 * threads run first.
 */
static int next_change(pid_t tid, unsigned wait_ms, int *status)
{
	if (wait_ms == 0)
		return next_change_at_once(tid, status);
	uint64_t deadline = monotonic_ns() + wait_ms * NS_PER_MS;
	uint64_t nap = first_nap_ns;
	for (;;) {
		pid_t got = wait_for(tid, WNOHANG, status);
		if (got != 0)
			return got < 0 ? -errno : 1;
		uint64_t now = monotonic_ns();
		if (now >= deadline)
			return 0;
		uint64_t length = nap < deadline - now ? nap : deadline - now;
		sleep_ns(length);
		nap = 2 * nap < longest_nap_ns ? 2 * nap : longest_nap_ns;
	}
}

static int resume(struct tracee *tracee)
{
	int error;
	if (tracee->stopped)
		error = ptrace_number(PTRACE_LISTEN, tracee->tid, 0);
	else
		error = ptrace_number(
			run_to_resume(tracee), tracee->tid, (unsigned long)tracee->deliver);
	if (error) {
		run_to_remove_trap(tracee);
		return error;
	}
	tracee->deliver = 0;
	tracee->running = true;
	return 0;
}

/*
 * SIGTRAP comes from the step, from kill(), or from a trap instruction in the program. False: the
 * breakpoint register that step_to() left set stopped a step before it began; the processor will
 * pass it now.
 */
static bool classify_trap(struct tracee *tracee, enum step_event *event)
{
	siginfo_t info;
	memset(&info, 0, sizeof(info));
	ptrace(PTRACE_GETSIGINFO, tracee->tid, NULL, &info);
	if (info.si_code == TRAP_HWBKPT && !tracee->run_to)
		return false;
	if (info.si_code == SIGTRAP) {
		*event = STEP_HANDLER;
	} else if (info.si_code == TRAP_TRACE || info.si_code == TRAP_BRKPT ||
		   info.si_code == TRAP_HWBKPT ||
		   (info.si_code == SI_KERNEL && run_to_is_trap(tracee))) {
		*event = STEP_DONE;
	} else {
		tracee->deliver = SIGTRAP;
		*event = STEP_SIGNAL;
	}
	tracee->trap = 0;
	return true;
}

/* Translates a wait status. False: a stop without an event; resume the thread. */
static bool classify(struct tracee *tracee, int status, enum step_event *event)
{
	bool program_ended = !WIFSTOPPED(status) || status >> 16 == PTRACE_EVENT_EXEC;
	tracee->running = false;
	if (program_ended)
		run_to_forget_trap(tracee);
	run_to_remove_trap(tracee);
	if (!WIFSTOPPED(status)) {
		tracee->detail = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
		*event = WIFEXITED(status) ? STEP_EXITED : STEP_KILLED;
		tracee->tid = 0;
		return true;
	}
	int number = WSTOPSIG(status), kind = status >> 16;
	tracee->stopped = kind == PTRACE_EVENT_STOP && number != SIGTRAP;
	tracee->detail = number;
	if (tracee->stopped)
		*event = STEP_STOPPED;
	else if (kind == PTRACE_EVENT_STOP)
		return false;
	else if (kind == PTRACE_EVENT_EXEC)
		*event = STEP_EXEC;
	else if (kind == PTRACE_EVENT_FORK) {
		tracee->detail = (pid_t)ptrace_event_message(tracee->tid);
		*event = STEP_FORKED;
	} else if (number == SIGTRAP)
		return classify_trap(tracee, event);
	else {
		*event = STEP_SIGNAL;
		tracee->deliver = number;
	}
	return true;
}

/* A stopped thread that cannot be resumed is dying. Waits until it is dead. */
static int wait_for_death(struct tracee *tracee, enum step_event *event)
{
	int status;
	int changed = next_change(tracee->tid, DEATH_MS, &status);
	return changed > 0 && classify(tracee, status, event) ? 0 : -ESRCH;
}

/* The time that is left, at least 1; 0 if there is no limit. */
static unsigned ms_until(uint64_t deadline)
{
	if (!deadline)
		return 0;
	uint64_t now = monotonic_ns();
	return now < deadline ? (unsigned)((deadline - now) / NS_PER_MS) + 1 : 1;
}

/* As next_change(), with a deadline. A step that cannot block is waited for without limit. */
static int change_until(const struct tracee *tracee, uint64_t deadline, int *status)
{
	bool at_once = run_to_cannot_block(tracee);
	if (at_once && deadline && monotonic_ns() > deadline)
		return 0;
	return next_change(tracee->tid, at_once ? 0 : ms_until(deadline), status);
}

int step_next_change(pid_t tid, unsigned wait_ms, int *status)
{
	int changed = next_change(tid, wait_ms, status);
	return changed > 0 ? 0 : changed < 0 ? changed : -ETIMEDOUT;
}

bool step_continue(pid_t tid, int status)
{
	int number = WSTOPSIG(status), kind = status >> 16;
	bool signal = kind == 0 && (number == SIGSTOP || number == SIGCONT);
	if (kind == PTRACE_EVENT_STOP && number != SIGTRAP)
		kill(tid, SIGCONT);
	return signal || kind == PTRACE_EVENT_STOP;
}

/* True: the thread was stopped by a signal, or continued, and the step goes on. */
static bool goes_on(struct tracee *tracee, int status)
{
	if (!tracee->continues || !WIFSTOPPED(status) || !step_continue(tracee->tid, status))
		return false;
	tracee->stopped = false;
	tracee->deliver = 0;
	return true;
}

int step_wait(struct tracee *tracee, unsigned wait_ms, enum step_event *event)
{
	uint64_t deadline = wait_ms ? monotonic_ns() + wait_ms * NS_PER_MS : 0;
	int status;
	for (;;) {
		int changed = change_until(tracee, deadline, &status);
		if (changed < 0)
			return changed == -ECHILD ? -ESRCH : changed;
		if (changed == 0) {
			*event = STEP_RUNNING;
			return 0;
		}
		bool happened = classify(tracee, status, event);
		if (!goes_on(tracee, status) && happened && !run_to_continues(tracee, event))
			return 0;
		int error = resume(tracee);
		if (error)
			return error == -ESRCH ? wait_for_death(tracee, event) : error;
	}
}

static int resume_and_wait(struct tracee *tracee, unsigned wait_ms, enum step_event *event)
{
	int error = resume(tracee);
	if (error == -ESRCH)
		return wait_for_death(tracee, event);
	return error ? error : step_wait(tracee, wait_ms, event);
}

int step_once(struct tracee *tracee, unsigned wait_ms, enum step_event *event)
{
	tracee->run_to = 0;
	return resume_and_wait(tracee, wait_ms, event);
}

int step_to_within(
	struct tracee *tracee, uint64_t address, unsigned wait_ms, enum step_event *event)
{
	int error = run_to_begin(tracee, address);
	return error ? error : resume_and_wait(tracee, wait_ms, event);
}

int step_to(struct tracee *tracee, uint64_t address, enum step_event *event)
{
	return step_to_within(tracee, address, 0, event);
}

/*
 * True when the step's SIGTRAP is still queued: the step ended just before the interruption, or the
 * interruption made a system call return, to be restarted. Left in the queue, it would kill the
 * process after the detach.
 */
static bool trap_is_queued(pid_t tid)
{
	siginfo_t info[8];
	struct __ptrace_peeksiginfo_args args = {.nr = 8};
	long count = ptrace(PTRACE_PEEKSIGINFO, tid, &args, info);
	for (long i = 0; i < count; i++)
		if (info[i].si_signo == SIGTRAP && info[i].si_code > 0)
			return true;
	return false;
}

int step_stop(struct tracee *tracee, unsigned wait_ms, enum step_event *event)
{
	int status = 0;
	int error = ptrace_number(PTRACE_INTERRUPT, tracee->tid, 0);
	if (error)
		return error;
	int changed = next_change(tracee->tid, wait_ms ? wait_ms : 1, &status);
	if (changed < 0)
		return changed;
	if (changed == 0) {
		run_to_remove_trap(tracee);
		return -ETIMEDOUT;
	}
	*event = STEP_RUNNING;
	uint64_t until = tracee->run_to;
	bool happened = classify(tracee, status, event);
	if (goes_on(tracee, status)) {
		happened = false;
		*event = STEP_RUNNING;
	}
	if (!happened && trap_is_queued(tracee->tid))
		error = step_once(tracee, 0, event); /* consumes the SIGTRAP, executes nothing */
	tracee->run_to = until;
	if (!error && run_to_continues(tracee, event))
		*event = STEP_RUNNING;
	struct arch_regs regs;
	if (!error && *event == STEP_DONE)
		error = arch_get_regs(tracee->tid, &regs);
	if (!error && *event == STEP_DONE && arch_in_syscall(&regs))
		*event = STEP_RUNNING;
	return error;
}

void step_drop_signal(struct tracee *tracee)
{
	tracee->deliver = 0;
}

/* The tracer's processor if the thread may run on it, else one that both may use, or -1. */
static int common_cpu(const cpu_set_t *tracer, const cpu_set_t *thread)
{
	int here = sched_getcpu();
	if (here >= 0 && CPU_ISSET(here, thread))
		return here;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, tracer) && CPU_ISSET(cpu, thread))
			return cpu;
	return -1;
}

/* For speed only: without it, stepping works too. */
static void pin(struct tracee *tracee)
{
	if (sched_getaffinity(0, sizeof(tracee->tracer_cpus), &tracee->tracer_cpus) ||
		sched_getaffinity(tracee->tid, sizeof(tracee->thread_cpus), &tracee->thread_cpus))
		return;
	int cpu = common_cpu(&tracee->tracer_cpus, &tracee->thread_cpus);
	if (cpu < 0)
		return;
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	tracee->pinned = sched_setaffinity(tracee->tid, sizeof(one), &one) == 0;
	if (tracee->pinned)
		sched_setaffinity(0, sizeof(one), &one);
}

static void unpin(struct tracee *tracee, pid_t tid)
{
	if (!tracee->pinned)
		return;
	sched_setaffinity(0, sizeof(tracee->tracer_cpus), &tracee->tracer_cpus);
	if (tid)
		sched_setaffinity(tid, sizeof(tracee->thread_cpus), &tracee->thread_cpus);
	tracee->pinned = false;
}

/* Any stop is good: a signal that arrives first replaces the interruption. */
static int wait_attached(struct tracee *tracee, unsigned wait_ms)
{
	int status;
	enum step_event event;
	int changed = next_change(tracee->tid, wait_ms ? wait_ms : 1, &status);
	if (changed < 0)
		return changed;
	if (changed == 0)
		return -ETIMEDOUT;
	classify(tracee, status, &event);
	(void)goes_on(tracee, status);
	return tracee->tid ? 0 : -ESRCH;
}

int step_attach(struct tracee *tracee, pid_t tid, unsigned flags, unsigned wait_ms)
{
	memset(tracee, 0, sizeof(*tracee));
	block_sigchld();
	int error = ptrace_number(PTRACE_SEIZE, tid, PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC);
	if (error)
		return error;
	tracee->tid = tid;
	tracee->continues = flags & STEP_CONTINUE;
	tracee->running = true;
	error = ptrace_number(PTRACE_INTERRUPT, tid, 0);
	if (!error)
		error = wait_attached(tracee, wait_ms);
	if (!error && flags & STEP_PIN)
		pin(tracee);
	return error;
}

void step_release(pid_t tid)
{
	siginfo_t info;
	/* Without WEXITED: if it has died, that is left to its waiter. */
	if (waitid(P_PID, (id_t)tid, &info, WSTOPPED | WNOHANG | __WALL) == 0 || errno == ECHILD)
		ptrace_number(PTRACE_DETACH, tid, 0);
}

void step_adopt(struct tracee *tracee, pid_t tid)
{
	block_sigchld();
	memset(tracee, 0, sizeof(*tracee));
	tracee->tid = tid;
}

int step_detach(struct tracee *tracee)
{
	pid_t tid = tracee->tid;
	int error = 0;
	enum step_event event;
	if (tid && tracee->running)
		error = step_stop(tracee, DETACH_MS, &event);
	if (!error && tracee->tid && tracee->breakpoint)
		error = arch_move_breakpoint(tid, tracee->breakpoint, 0);
	if (!error && tracee->tid)
		error = arch_reset_trap_flag(tid);
	if (!error && tracee->tid)
		error = ptrace_number(PTRACE_DETACH, tid, (unsigned long)tracee->deliver);
	unpin(tracee, tracee->tid);
	if (!error)
		tracee->tid = 0;
	return error == -ESRCH ? 0 : error;
}
