#include "breakpoints.h"

#include "hw_breakpoint.h"
#include "step.h"

#include <errno.h>

static bool contains(const uint64_t *address, unsigned count, uint64_t wanted)
{
	while (count > 0)
		if (address[--count] == wanted)
			return true;
	return false;
}

static int remove_trap(struct breakpoints *b, pid_t tid, unsigned i)
{
	int error = arch_remove_trap(tid, b->entry[i].address, b->entry[i].original);
	b->entry[i].inserted = error != 0;
	return error;
}

static int insert_trap(struct breakpoints *b, pid_t tid, unsigned i)
{
	int error = arch_insert_trap(tid, b->entry[i].address, &b->entry[i].original);
	b->entry[i].inserted = !error;
	return error;
}

/* The entry of the address, else a free one, else one whose trap instruction was removed. */
static unsigned entry_for(struct breakpoints *b, uint64_t address)
{
	unsigned i = 0;
	while (i < b->count && b->entry[i].address != address)
		i++;
	if (i < b->count)
		return i;
	if (b->count < BREAKPOINTS_MAX)
		return b->count++;
	for (i = 0; b->entry[i].inserted;)
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
		if (b->entry[i].inserted && !contains(address, count, b->entry[i].address))
			error = remove_trap(b, tid, i);
	for (unsigned i = 0; i < count && !error; i++) {
		unsigned entry = entry_for(b, address[i]);
		b->entry[entry].address = address[i];
		if (!b->entry[entry].inserted)
			error = insert_trap(b, tid, entry);
	}
	return error;
}

bool breakpoints_hit(const struct breakpoints *b, pid_t tid, const siginfo_t *info)
{
	if (info->si_code == TRAP_HWBKPT)
		return true;
	for (unsigned i = 0; i < b->count && info->si_code == SI_KERNEL; i++)
		if (arch_rewind_trap(tid, b->entry[i].address))
			return true;
	return false;
}

/* Holds signals back: a handler that ran now could reach the breakpoint a second time. */
static int step_over(pid_t tid, int *deliver)
{
	struct tracee tracee;
	enum step_event event = STEP_SIGNAL;
	int error = 0;
	step_adopt(&tracee, tid);
	while (!error && event == STEP_SIGNAL) {
		error = step_once(&tracee, 0, &event);
		if (!error && event == STEP_SIGNAL)
			*deliver = tracee.detail;
		step_drop_signal(&tracee);
	}
	return !error && !tracee.tid ? -ESRCH : error;
}

int breakpoints_pass(struct breakpoints *b, pid_t tid, int *deliver)
{
	struct arch_regs regs;
	*deliver = 0;
	if (!b->count)
		return 0;
	int error = arch_get_regs(tid, &regs);
	for (unsigned i = 0; i < b->count && !error; i++) {
		if (!b->entry[i].inserted || b->entry[i].address != arch_pc(&regs))
			continue;
		error = remove_trap(b, tid, i);
		if (!error)
			error = step_over(tid, deliver);
		return error ? error : insert_trap(b, tid, i);
	}
	return error;
}

void breakpoints_clean_child(const struct breakpoints *b, pid_t child)
{
	for (unsigned i = 0; i < b->count; i++)
		if (b->entry[i].inserted)
			(void)arch_remove_trap(child, b->entry[i].address, b->entry[i].original);
}
