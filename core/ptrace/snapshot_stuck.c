#include "snapshot_stuck.h"

#include "deadlock.h"
#include "monotonic.h"
#include "step.h"

#include <errno.h>

enum {
	WAIT_ATTEMPTS = 60,    /* for a thread that comes and goes to come back to its wait */
	ITERATION_STEPS = 600, /* in which the loop is gone round at least once */
};

/*
 * It waits again and again at the same place, with a timeout, and is anywhere in between: that it
 * sleeps at that place is waited for, for a bounded time.
 */
static void await_futex_wait(struct proc_task *task, pid_t pid, pid_t tid, uint64_t futex)
{
	for (int i = 0; i < WAIT_ATTEMPTS; i++) {
		if (task_wait(task).futex == futex || proc_task(pid, tid, task) != 0)
			return;
		sleep_ns(250 * NS_PER_US);
	}
}

static int single_step(struct tracee *tracee, struct arch_regs *regs)
{
	enum step_event event;
	int error = step_once(tracee, 0, &event);
	if (!error && event != STEP_DONE)
		error = -ESRCH;
	return error ? error : arch_get_regs(tracee->tid, regs);
}

/* Further out on the stack, or as far out and earlier in the code. */
static bool is_outer(const struct arch_regs *a, const struct arch_regs *b)
{
	if (arch_sp(a) != arch_sp(b))
		return arch_sp(a) > arch_sp(b);
	return arch_pc(a) < arch_pc(b);
}

/* Once round the loop to learn its first instruction, and on until it comes there again. */
static int step_to_loop_head(struct tracee *tracee, struct arch_regs *regs)
{
	struct arch_regs first = *regs;
	int error = 0;
	for (int i = 0; i < ITERATION_STEPS && !error; i++) {
		error = single_step(tracee, regs);
		if (!error && is_outer(regs, &first))
			first = *regs;
	}
	for (int i = 0; i < ITERATION_STEPS && !error; i++) {
		if (arch_pc(regs) == arch_pc(&first) && arch_sp(regs) == arch_sp(&first))
			return 0;
		error = single_step(tracee, regs);
	}
	return error;
}

static int snapshot_at_loop_head(struct snapshot *snapshot, pid_t tid)
{
	struct tracee tracee;
	struct arch_regs regs;
	int error = step_attach(&tracee, tid, STEP_PIN, STEP_ATTACH_MS);
	if (!error)
		error = arch_get_regs(tid, &regs);
	if (!error && !arch_in_syscall(&regs))
		(void)step_to_loop_head(&tracee, &regs);
	if (!error)
		error = snapshot_take(snapshot, tid, &regs);
	step_detach(&tracee);
	return error;
}

int snapshot_stuck_take(
	struct snapshot *snapshot, struct proc_task *task, pid_t pid, pid_t tid, uint64_t futex)
{
	int error = proc_task(pid, tid, task);
	if (error)
		return error;
	enum wait_kind kind = task_wait(task).kind;
	if (kind == WAIT_FUTEX)
		return snapshot_take_running(snapshot, tid);
	if (futex && kind != WAIT_YIELD)
		await_futex_wait(task, pid, tid, futex);
	if (task->in_syscall)
		return snapshot_take_running(snapshot, tid);
	return snapshot_at_loop_head(snapshot, tid);
}
