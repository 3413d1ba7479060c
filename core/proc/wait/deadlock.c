#include "deadlock.h"

#include <signal.h>

#define SIGNAL_BIT(signal) (UINT64_C(1) << ((signal)-1))

const uint64_t deadlock_kernel_signals =
	SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGFPE) |
	SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGSYS) | SIGNAL_BIT(SIGPIPE) | SIGNAL_BIT(SIGCHLD) |
	SIGNAL_BIT(SIGALRM) | SIGNAL_BIT(SIGVTALRM) | SIGNAL_BIT(SIGPROF) | SIGNAL_BIT(SIGXCPU) |
	SIGNAL_BIT(SIGXFSZ) | SIGNAL_BIT(SIGIO) | SIGNAL_BIT(SIGURG);

/* libc catches 32 and 33 in every threaded process, and sends them only within the process. */
static const uint64_t signals_of_libc = UINT64_C(3) << 31;

static uint64_t caught_unblocked(const struct proc_task *task)
{
	return task->caught & ~task->blocked & ~signals_of_libc;
}

/* A signal for a set is taken without a handler; pause() returns after one has run. */
static bool awaits_signal_of_others(const struct proc_task *task, const struct task_wait *wait)
{
	return wait->kind == WAIT_SIGNAL && !wait->takes_signal &&
	       (caught_unblocked(task) & ~deadlock_kernel_signals);
}

static enum deadlock_obstacle task_obstacle(const struct proc_task *task,
	const struct deadlock_thread *thread, const struct deadlock_process *process)
{
	struct task_wait wait = task_wait(task);
	if (thread->paused)
		return DEADLOCK_PROVEN;
	if (!wait_is_untimed(wait.kind) || task->state != 'S')
		return DEADLOCK_NOT_WAITING;
	if (!task->asleep)
		return DEADLOCK_RAN;
	if (task->traced_elsewhere)
		return DEADLOCK_TRACED;
	if (wait.kind == WAIT_FUTEX && thread->memory_shared && !wait.private_futex)
		return DEADLOCK_SHARED_FUTEX;
	if (wait.kind == WAIT_CHILD && !process->children_stuck)
		return DEADLOCK_CHILD_RUNS;
	if (awaits_signal_of_others(task, &wait))
		return DEADLOCK_SIGNAL_AWAITED;
	if (thread->source)
		return thread->source;
	if (task->pending & task->caught & ~task->blocked)
		return DEADLOCK_SIGNAL_PENDING;
	return DEADLOCK_PROVEN;
}

/* A child may send its parent any signal, and its end sends SIGCHLD. */
bool deadlock_catches_signals(const struct proc_scan *scan)
{
	for (unsigned i = 0; i < scan->tasks; i++)
		if (caught_unblocked(&scan->task[i]))
			return true;
	return false;
}

static enum deadlock_obstacle process_obstacle(
	const struct proc_scan *scan, const struct deadlock_process *process)
{
	if (!scan->complete)
		return DEADLOCK_TOO_MANY_THREADS;
	if (!scan->no_timers)
		return DEADLOCK_TIMER;
	if (!scan->no_children && !process->children_stuck && deadlock_catches_signals(scan))
		return DEADLOCK_CHILD_SIGNAL;
	if (process->memory_of_process)
		return DEADLOCK_MEMORY_OF_PROCESS;
	if (process->io_uring)
		return DEADLOCK_IO_URING;
	if (process->io_signals && deadlock_catches_signals(scan))
		return DEADLOCK_IO_SIGNAL;
	return DEADLOCK_PROVEN;
}

enum deadlock_obstacle deadlock_check(const struct proc_scan *scan,
	const struct deadlock_process *process, const struct deadlock_thread *threads)
{
	unsigned blocked = 0;
	for (unsigned i = 0; i < scan->tasks; i++) {
		enum deadlock_obstacle obstacle =
			task_obstacle(&scan->task[i], &threads[i], process);
		if (obstacle)
			return obstacle;
		blocked += !threads[i].paused;
	}
	enum deadlock_obstacle obstacle = process_obstacle(scan, process);
	return obstacle ? obstacle : blocked ? DEADLOCK_PROVEN : DEADLOCK_NOTHING_BLOCKED;
}
