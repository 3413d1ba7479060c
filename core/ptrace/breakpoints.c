#include "breakpoints.h"

#include "hw_breakpoint.h"
#include "step.h"

#include <errno.h>

static bool among(const uint64_t *address, unsigned count, uint64_t wanted)
{
	while (count > 0)
		if (address[--count] == wanted)
			return true;
	return false;
}

static int lift(struct breakpoints *b, pid_t tid, unsigned i)
{
	int error = arch_lift_trap(tid, b->at[i].address, b->at[i].was);
	b->at[i].stands = error != 0;
	return error;
}

static int plant(struct breakpoints *b, pid_t tid, unsigned i)
{
	int error = arch_plant_trap(tid, b->at[i].address, &b->at[i].was);
	b->at[i].stands = !error;
	return error;
}

/* Its entry, or a free one, or one whose trap instruction is gone. */
static unsigned entry_for(struct breakpoints *b, uint64_t address)
{
	unsigned i = 0;
	while (i < b->count && b->at[i].address != address)
		i++;
	if (i < b->count)
		return i;
	if (b->count < BREAKPOINTS_MAX)
		return b->count++;
	for (i = 0; b->at[i].stands;)
		i++;
	return i;
}

int breakpoints_set(struct breakpoints *b, pid_t tid, const uint64_t *address, unsigned count)
{
	int error = 0;
	if (hw_breakpoints_fire())
		return arch_set_breakpoints(tid, address, count);
	if (count > ARCH_BREAKPOINTS_MAX)
		return -E2BIG;
	for (unsigned i = 0; i < b->count && !error; i++)
		if (b->at[i].stands && !among(address, count, b->at[i].address))
			error = lift(b, tid, i);
	for (unsigned i = 0; i < count && !error; i++) {
		unsigned entry = entry_for(b, address[i]);
		b->at[entry].address = address[i];
		if (!b->at[entry].stands)
			error = plant(b, tid, entry);
	}
	return error;
}

bool breakpoints_hit(const struct breakpoints *b, pid_t tid, const siginfo_t *info)
{
	if (info->si_code == TRAP_HWBKPT)
		return true;
	for (unsigned i = 0; i < b->count && info->si_code == SI_KERNEL; i++)
		if (arch_step_back_from_trap(tid, b->at[i].address))
			return true;
	return false;
}

/* The signal is held back: its handler would come to the breakpoint a second time. */
static int step_over(pid_t tid, int *deliver)
{
	struct tracee step;
	enum step_event event = STEP_SIGNAL;
	int error = 0;
	step_adopt(&step, tid);
	while (!error && event == STEP_SIGNAL) {
		error = step_once(&step, 0, &event);
		if (!error && event == STEP_SIGNAL)
			*deliver = step.detail;
		step_drop_signal(&step);
	}
	return !error && !step.tid ? -ESRCH : error;
}

int breakpoints_pass(struct breakpoints *b, pid_t tid, int *deliver)
{
	struct arch_regs regs;
	*deliver = 0;
	if (!b->count)
		return 0;
	int error = arch_get_regs(tid, &regs);
	for (unsigned i = 0; i < b->count && !error; i++) {
		if (!b->at[i].stands || b->at[i].address != arch_pc(&regs))
			continue;
		error = lift(b, tid, i);
		if (!error)
			error = step_over(tid, deliver);
		return error ? error : plant(b, tid, i);
	}
	return error;
}

void breakpoints_clean_child(const struct breakpoints *b, pid_t child)
{
	for (unsigned i = 0; i < b->count; i++)
		if (b->at[i].stands)
			(void)arch_lift_trap(child, b->at[i].address, b->at[i].was);
}
