#include "deadlock.h"

#include <linux/futex.h>
#include <sys/syscall.h>

/* The futex(2) commands that wait; all take a timeout as fourth argument. */
static bool is_wait_command(int command)
{
	switch (command) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
	case FUTEX_WAIT_REQUEUE_PI:
	case FUTEX_LOCK_PI:
#ifdef FUTEX_LOCK_PI2
	case FUTEX_LOCK_PI2:
#endif
		return true;
	default:
		return false;
	}
}

static struct task_wait futex_task_wait(const struct proc_task *task)
{
	struct task_wait wait = {
		.kind = WAIT_OTHER_SYSCALL,
		.futex = task->args[0],
		.expected = (uint32_t)task->args[2],
		.private_futex = (task->args[1] & FUTEX_PRIVATE_FLAG) != 0,
	};
	if (is_wait_command((int)(task->args[1] & FUTEX_CMD_MASK)))
		wait.kind = task->args[3] ? WAIT_FUTEX_TIMED : WAIT_FUTEX;
	return wait;
}

static enum wait_kind kind_of_syscall(long number)
{
	static const struct {
		long number;
		enum wait_kind kind;
	} known[] = {
		{SYS_sched_yield, WAIT_YIELD},
		{SYS_clock_nanosleep, WAIT_SLEEP},
#ifdef SYS_nanosleep
		{SYS_nanosleep, WAIT_SLEEP},
#endif
	};
	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].number == number)
			return known[i].kind;
	return WAIT_OTHER_SYSCALL;
}

struct task_wait task_wait(const struct proc_task *task)
{
	struct task_wait wait = {.kind = WAIT_NONE};
	if (task->state == 'T' || task->state == 't')
		wait.kind = WAIT_STOPPED;
	else if (task->state == 'D' || (task->state == 'S' && !task->in_syscall))
		wait.kind = WAIT_KERNEL;
	else if (task->in_syscall && task->syscall == SYS_futex)
		return futex_task_wait(task);
	else if (task->in_syscall)
		wait.kind = kind_of_syscall(task->syscall);
	return wait;
}

static enum deadlock_obstacle task_obstacle(
	const struct proc_task *task, const struct deadlock_thread *thread)
{
	struct task_wait wait = task_wait(task);
	if (thread->paused)
		return DEADLOCK_PROVEN;
	if (wait.kind != WAIT_FUTEX || task->state != 'S')
		return DEADLOCK_NOT_WAITING;
	if (!task->asleep)
		return DEADLOCK_RAN;
	if (thread->memory_shared && !wait.private_futex)
		return DEADLOCK_SHARED_FUTEX;
	if (task->pending & task->caught & ~task->blocked)
		return DEADLOCK_SIGNAL_PENDING;
	return DEADLOCK_PROVEN;
}

/*
 * A child may send its parent any signal, and its end sends SIGCHLD. Signals 32 and 33 do not
 * count: libc catches them in every threaded process and sends them only within the process.
 */
static bool catches_signals(const struct proc_scan *scan)
{
	static const uint64_t of_libc = UINT64_C(3) << 31;
	for (unsigned i = 0; i < scan->tasks; i++)
		if (scan->task[i].caught & ~scan->task[i].blocked & ~of_libc)
			return true;
	return false;
}

enum deadlock_obstacle deadlock_check(
	const struct proc_scan *scan, const struct deadlock_thread *threads)
{
	unsigned blocked = 0;
	if (!scan->complete)
		return DEADLOCK_TOO_MANY_THREADS;
	if (!scan->no_timers)
		return DEADLOCK_TIMER;
	if (!scan->no_children && catches_signals(scan))
		return DEADLOCK_CHILD_SIGNAL;
	for (unsigned i = 0; i < scan->tasks; i++) {
		enum deadlock_obstacle obstacle = task_obstacle(&scan->task[i], &threads[i]);
		if (obstacle)
			return obstacle;
		blocked += !threads[i].paused;
	}
	return blocked ? DEADLOCK_PROVEN : DEADLOCK_NOTHING_BLOCKED;
}
