#include "snapshot_stuck.h"

#include "deadlock.h"
#include "monotonic.h"
#include "step.h"

#include <errno.h>

enum {
	WAIT_ATTEMPTS = 60,    /* until a thread is back in its timed wait */
	ITERATION_STEPS = 600, /* more than one iteration of the loop */
};

/*
 * The thread waits for the futex again and again, with a timeout, and may be anywhere in between.
 * Waits for a bounded time until it is in the futex call.
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

/* Further out on the stack, or in the same frame and earlier in the code. */
static bool is_outer(const struct arch_regs *a, const struct arch_regs *b)
{
	if (arch_sp(a) != arch_sp(b))
		return arch_sp(a) > arch_sp(b);
	return arch_pc(a) < arch_pc(b);
}

/* Steps through one iteration to find its first instruction, then on until it is back there. */
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
