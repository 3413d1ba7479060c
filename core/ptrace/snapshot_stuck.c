#include "snapshot_stuck.h"

#include "deadlock.h"
#include "step.h"

#include <errno.h>
#include <time.h>

enum {
	ATTACH_MS = 2000,
	LOOKS = 60,        /* for a thread that comes and goes to come back to its wait */
	ROUND_STEPS = 600, /* in which the loop is gone round at least once */
};

/*
 * It waits again and again at the same place, with a timeout, and is anywhere in between: that it
 * sleeps at that place is waited for, for a bounded time.
 */
static void await_its_wait(struct proc_task *task, pid_t pid, pid_t tid, uint64_t futex)
{
	static const struct timespec nap = {.tv_nsec = 250 * 1000};
	for (int i = 0; i < LOOKS; i++) {
		if (hang_wait(task).futex == futex || proc_task(pid, tid, task) != 0)
			return;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
	}
}

static int step_on(struct step *step, struct arch_regs *regs)
{
	enum step_event event;
	int error = step_once(step, 0, &event);
	if (!error && event != STEP_DONE)
		error = -ESRCH;
	return error ? error : arch_get_regs(step->tid, regs);
}

/* Further out on the stack, or as far out and earlier in the code. */
static bool is_further_out(const struct arch_regs *a, const struct arch_regs *b)
{
	if (arch_sp(a) != arch_sp(b))
		return arch_sp(a) > arch_sp(b);
	return arch_pc(a) < arch_pc(b);
}

/* Once round the loop to learn its first instruction, and on until it comes there again. */
static int go_to_first(struct step *step, struct arch_regs *regs)
{
	struct arch_regs first = *regs;
	int error = 0;
	for (int i = 0; i < ROUND_STEPS && !error; i++) {
		error = step_on(step, regs);
		if (!error && is_further_out(regs, &first))
			first = *regs;
	}
	for (int i = 0; i < ROUND_STEPS && !error; i++) {
		if (arch_pc(regs) == arch_pc(&first) && arch_sp(regs) == arch_sp(&first))
			return 0;
		error = step_on(step, regs);
	}
	return error;
}

static int snapshot_in_loop(struct snapshot *snapshot, pid_t tid)
{
	struct step step;
	struct arch_regs regs;
	int error = step_attach(&step, tid, STEP_PIN, ATTACH_MS);
	if (!error)
		error = arch_get_regs(tid, &regs);
	if (!error && !arch_in_syscall(&regs))
		(void)go_to_first(&step, &regs);
	if (!error)
		error = snapshot_take(snapshot, tid, &regs);
	step_detach(&step);
	return error;
}

int loop_place_snapshot(
	struct snapshot *snapshot, struct proc_task *task, pid_t pid, pid_t tid, uint64_t futex)
{
	int error = proc_task(pid, tid, task);
	if (error)
		return error;
	enum wait_kind kind = hang_wait(task).kind;
	if (kind == WAIT_FUTEX)
		return snapshot_of_running(snapshot, tid);
	if (futex && kind != WAIT_YIELD)
		await_its_wait(task, pid, tid, futex);
	if (task->in_syscall)
		return snapshot_of_running(snapshot, tid);
	return snapshot_in_loop(snapshot, tid);
}
