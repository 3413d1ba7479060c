#include "snapshot.h"

#include "proc_mem.h"
#include "step.h"

#include <errno.h>
#include <stdlib.h>

int snapshot_take(struct snapshot *snapshot, pid_t tid, const struct arch_regs *regs)
{
	uint64_t low = arch_sp(regs) - ARCH_RED_ZONE;
	if (!snapshot->stack) {
		snapshot->stack = malloc(SNAPSHOT_STACK_MAX);
		if (!snapshot->stack)
			return -ENOMEM;
	}
	ssize_t got = proc_mem_read(tid, low, snapshot->stack, SNAPSHOT_STACK_MAX);
	snapshot->taken = got > 0;
	snapshot->tid = tid;
	snapshot->regs = *regs;
	snapshot->low = low;
	snapshot->size = got > 0 ? (size_t)got : 0;
	return got > 0 ? 0 : -EFAULT;
}

int snapshot_take_running(struct snapshot *snapshot, pid_t tid)
{
	struct tracee tracee;
	struct arch_regs regs;
	int error = step_attach(&tracee, tid, 0, STEP_ATTACH_MS);
	if (!error)
		error = arch_get_regs(tid, &regs);
	if (!error)
		error = snapshot_take(snapshot, tid, &regs);
	step_detach(&tracee);
	return error;
}

void snapshot_free(struct snapshot *snapshot)
{
	free(snapshot->stack);
	*snapshot = (struct snapshot){0};
}
