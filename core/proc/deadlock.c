#include "deadlock.h"

#include <linux/futex.h>
#include <sys/syscall.h>

/* Commands of futex(2) that wait, and all take their timeout as fourth argument. */
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
	for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++)
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

static const char *why_not_blocked(
	const struct proc_task *task, const struct deadlock_thread *thread)
{
	struct task_wait wait = task_wait(task);
	if (thread->paused)
		return NULL;
	if (wait.kind != WAIT_FUTEX || task->state != 'S')
		return "a thread is not in an untimed futex wait";
	if (!task->asleep)
		return "a thread ran during the look";
	if (thread->memory_shared && !wait.private_futex)
		return "another process shares the futex's memory and might wake it";
	if (task->pending & task->caught & ~task->blocked)
		return "a signal with a handler is pending";
	return NULL;
}

/*
 * A child's end is a SIGCHLD, and a child may send any signal: it matters to whoever catches one.
 * Signals 32 and 33 do not count: libc catches them in every process with threads, and uses them
 * within one process only.
 */
static bool catches_signals(const struct proc_scan *scan)
{
	static const uint64_t of_libc = UINT64_C(3) << 31;
	for (unsigned i = 0; i < scan->tasks; i++)
		if (scan->task[i].caught & ~scan->task[i].blocked & ~of_libc)
			return true;
	return false;
}

bool deadlock_is_proven(
	const struct proc_scan *scan, const struct deadlock_thread *threads, const char **why_not)
{
	unsigned blocked = 0;
	*why_not = NULL;
	if (!scan->complete)
		*why_not = "it has too many threads to look at";
	else if (!scan->no_timers)
		*why_not = "it has a timer that may send a signal";
	else if (!scan->no_children && catches_signals(scan))
		*why_not = "it catches signals, and has a child that may send one";
	for (unsigned i = 0; i < scan->tasks && !*why_not; i++) {
		*why_not = why_not_blocked(&scan->task[i], &threads[i]);
		blocked += !threads[i].paused;
	}
	if (!*why_not && blocked == 0)
		*why_not = "no thread is blocked";
	return !*why_not;
}
