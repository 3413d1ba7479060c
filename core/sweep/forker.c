#include "forker.h"

#include "deadlock.h"
#include "futex.h"
#include "interrupt.h"
#include "monotonic.h"
#include "proc.h"
#include "proc_mem.h"
#include "sweep_hooks.h"

#include <sys/wait.h>

/*
 * Reading /proc costs as much as a fork, so the thread first gets some time to answer. A thread
 * that uses the processor for FORKER_SPIN_NS is taken to spin: a fork takes a fraction of that. One
 * that sleeps is taken to wait when it was seen in SLEEPS_MIN different sleeps since the worker
 * stopped.
 */
enum { POLL_NS = 400 * 1000, SLEEPS_MIN = 3, SAME_SLEEP_MIN = 10 };

bool forker_is_idle(const struct forker *forker)
{
	return atomic_load(&forker->runner->shm->sweep.answered) == forker->requests;
}

/* What is observed of it while the worker is stopped. */
struct spin_window {
	bool known;
	uint64_t cpu_ns;             /* at the first observation */
	uint64_t voluntary_switches; /* when it was last seen asleep */
	unsigned sleeps_seen;        /* different sleeps seen */
	unsigned same_sleep;         /* times that it was seen in the same sleep as before */
};

static bool waits_on_futex(struct forker *f, const struct task_wait *wait, bool timed)
{
	uint32_t word = 0;
	f->needs_wake = !timed;
	f->futex = wait->futex;
	f->expected = wait->expected;
	/* With another value in the word, the thread is about to return from its wait. */
	return !timed || (proc_mem_read(f->runner->pid, wait->futex, &word, sizeof(word)) ==
					 (ssize_t)sizeof(word) &&
				 word == wait->expected);
}

/*
 * Whether it has not run since that look. After a timed wait, tcmalloc takes a lock with the very
 * value that it had waited for: the word alone does not tell whether the thread waits or holds it.
 */
static bool has_not_run(const struct forker *f, const struct proc_task *task)
{
	struct proc_task now;
	return proc_task(f->runner->pid, task->tid, &now) == 0 &&
	       now.context_switches == task->context_switches;
}

/* musl waits for its thread list without FUTEX_PRIVATE_FLAG: the kernel releases that lock. */
static bool is_of_process(const struct forker *f, const struct task_wait *wait)
{
	struct proc_mapping mapping;
	return wait->private_futex ||
	       (proc_mapping(f->runner->pid, wait->futex, &mapping) == 0 && !mapping.shared);
}

/*
 * A lock that is a pipe or an eventfd. It may also wait for a moment only, for a thread of the
 * allocator that answers: that one gets some time to do so.
 */
static bool waits_in_call(struct forker *f, const struct proc_task *task, struct spin_window *spin)
{
	bool same = task->voluntary_switches == spin->voluntary_switches;
	spin->same_sleep = same ? spin->same_sleep + 1 : 0;
	spin->voluntary_switches = task->voluntary_switches;
	f->needs_wake = true;
	f->futex = 0;
	return task->state == 'S' && spin->same_sleep >= SAME_SLEEP_MIN;
}

/* Only the worker can release it: the other threads of a sweep sleep forever. */
static bool is_waiting(struct forker *f, const struct proc_task *task, struct spin_window *spin)
{
	struct task_wait wait = task_wait(task);
	if (!spin->known)
		*spin = (struct spin_window){.known = true, .cpu_ns = task->cpu_ns};
	switch (wait.kind) {
	case WAIT_FUTEX:
	case WAIT_FUTEX_TIMED:
		return task->state == 'S' && is_of_process(f, &wait) &&
		       waits_on_futex(f, &wait, wait.kind == WAIT_FUTEX_TIMED) &&
		       has_not_run(f, task);
	case WAIT_SLEEP:
	case WAIT_YIELD:
		spin->sleeps_seen += task->voluntary_switches != spin->voluntary_switches;
		spin->voluntary_switches = task->voluntary_switches;
		/* fall through */
	case WAIT_NONE:
		f->needs_wake = false;
		f->futex = 0;
		return spin->sleeps_seen >= SLEEPS_MIN ||
		       task->cpu_ns - spin->cpu_ns >= FORKER_SPIN_NS;
	case WAIT_DESCRIPTOR:
		return waits_in_call(f, task, spin);
	default:
		return false;
	}
}

/*
 * A process has not ended before all its threads are reaped, and forklab must reap the dead tracee.
 * That is checked first, with waitid(): a wait would also consume a ptrace stop of the tracee, and
 * the stepper would then wait for that stop forever.
 */
static void reap_stepped(pid_t tid)
{
	siginfo_t info = {0};
	const int options = WEXITED | WNOHANG | __WALL;
	if (waitid(P_PID, (id_t)tid, &info, options | WNOWAIT) == 0 && info.si_pid == tid &&
		info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED)
		waitid(P_PID, (id_t)tid, &info, options);
}

/* Left for the stepper to wait for; runner_process_has_ended() would detach a stopped tracee. */
static bool is_in_ptrace_stop(pid_t pid)
{
	siginfo_t info = {0};
	const int options = WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL;
	return waitid(P_PID, (id_t)pid, &info, options) == 0 && info.si_pid == pid &&
	       (info.si_code == CLD_TRAPPED || info.si_code == CLD_STOPPED);
}

bool forker_runner_ended(struct forker *f, int *status)
{
	/* The runner's main thread is the stepped one: when it exits, the runner does. */
	if (f->stepped && f->stepped == f->runner->pid)
		return !is_in_ptrace_stop(f->stepped) &&
		       runner_process_has_ended(f->runner, status);
	if (f->stepped)
		reap_stepped(f->stepped);
	return runner_process_has_ended(f->runner, status);
}

/* A thread that a hook traces waits for the hook. */
static bool is_traced_by_hook(const struct forker *f, pid_t tid)
{
	return f->hooks && f->hooks->traces && f->hooks->traces(f->hooks->context, tid);
}

bool forker_is_starved(const struct proc_task *task, uint64_t cpu_ns)
{
	return task->state == 'R' && task->cpu_ns - cpu_ns < FORKER_SPIN_NS;
}

/* True when its state is decided. */
static bool examine(
	struct forker *f, struct spin_window *spin, uint64_t waited_ns, enum forker_state *state)
{
	struct proc_task task = {.state = '\0'};
	pid_t tid = atomic_load(&f->runner->shm->main_tid);
	bool traced = is_traced_by_hook(f, tid);
	if (!traced && forker_runner_ended(f, &f->status))
		*state = FORKER_EXITED;
	else if (!traced && proc_task(f->runner->pid, tid, &task) == 0 &&
		 is_waiting(f, &task, spin))
		*state = forker_is_idle(f) ? FORKER_DONE : FORKER_BLOCKED;
	else if (interrupt_received())
		*state = FORKER_INTERRUPTED;
	else if (waited_ns > f->deadline_ns && !forker_is_starved(&task, spin->cpu_ns))
		*state = FORKER_TIMEOUT;
	else if (waited_ns > f->deadline_ns && f->until_ns && monotonic_ns() > f->until_ns)
		*state = FORKER_CUT;
	else
		return false;
	return true;
}

static enum forker_state await_answer(struct forker *f)
{
	struct shm_sweep *line = &f->runner->shm->sweep;
	uint64_t begin = watched_ns();
	struct spin_window spin = {0};
	enum forker_state state;
	do {
		uint32_t answered = atomic_load(&line->answered);
		if (answered == f->requests)
			return FORKER_DONE;
		futex_wait(&line->answered, answered, POLL_NS);
		if (forker_is_idle(f))
			return FORKER_DONE;
		memory_watch_tick(&f->runner->memory);
	} while (!examine(f, &spin, watched_ns() - begin, &state));
	return state;
}

enum forker_state forker_request(struct forker *f, enum sweep_request what, uint32_t place)
{
	struct shm_sweep *line = &f->runner->shm->sweep;
	line->request_kind = what;
	line->slot = place;
	f->requests++;
	futex_store_and_wake(&line->request, f->requests);
	return await_answer(f);
}

static bool word_changed(const struct forker *f)
{
	uint32_t word;
	return proc_mem_read(f->runner->pid, f->futex, &word, sizeof(word)) !=
		       (ssize_t)sizeof(word) ||
	       word != f->expected;
}

enum forker_state forker_recheck(struct forker *f, bool syscall)
{
	if (forker_is_idle(f))
		return FORKER_DONE;
	if (f->needs_wake && !syscall)
		return FORKER_BLOCKED;
	if (f->futex && !syscall && !word_changed(f))
		return FORKER_BLOCKED;
	return await_answer(f);
}
