#include "step_way.h"

#include "hw_breakpoint.h"

#include <errno.h>
#include <string.h>

int way_begin(struct tracee *step, uint64_t until)
{
	if (!hw_breakpoints_fire()) {
		step->way = step->alone ? STEP_BY_TRAP : STEP_BY_STEP;
	} else if (until != step->breakpoint) {
		int error = arch_move_breakpoint(step->tid, step->breakpoint, until);
		if (error && error != -ESRCH)
			return error;
		step->breakpoint = until;
	}
	step->run_to = until;
	return 0;
}

/* Not in memory that is shared and cannot be written, nor over a trap of the program's own. */
static bool plant(struct tracee *step)
{
	step->trap = step->run_to;
	step->trap_stands = arch_plant_trap(step->tid, step->trap, &step->trap_was) == 0;
	return step->trap_stands;
}

static void glance(struct tracee *step)
{
	step->passed = (struct arch_insn){0};
	if (arch_get_regs(step->tid, &step->before) == 0)
		arch_glance(step->tid, &step->before, &step->passed);
}

enum __ptrace_request way_resume(struct tracee *step)
{
	if (!step->run_to)
		return PTRACE_SINGLESTEP;
	if (step->way == STEP_BY_TRAP && !plant(step))
		step->way = STEP_BY_STEP;
	if (step->way != STEP_BY_STEP) {
		(void)arch_forget_steps(step->tid);
		return PTRACE_CONT;
	}
	glance(step);
	return PTRACE_SINGLESTEP;
}

void way_lift(struct tracee *step)
{
	if (step->trap_stands)
		(void)arch_lift_trap(step->tid, step->trap, step->trap_was);
	step->trap_stands = false;
}

void way_forget(struct tracee *step)
{
	step->trap_stands = false;
	step->trap = 0;
}

bool way_trapped(struct tracee *step)
{
	return step->trap && arch_step_back_from_trap(step->tid, step->trap);
}

bool way_is_long(struct tracee *step, enum step_event *event)
{
	struct arch_regs regs;
	if (!step->run_to || step->way != STEP_BY_STEP)
		return false;
	if (*event == STEP_DONE && step->passed.pushes_flags)
		arch_clear_trap_flag(step->tid, &step->passed, &step->before);
	if (*event != STEP_DONE && *event != STEP_HANDLER)
		return false;
	/* Whoever asked for the place and not for a step never hears of handlers on the way. */
	*event = STEP_DONE;
	return arch_get_regs(step->tid, &regs) == 0 && arch_pc(&regs) != step->run_to;
}

bool way_is_short_of_waits(const struct tracee *step)
{
	return step->run_to && step->way == STEP_BY_STEP && !step->stopped && step->passed.pc &&
	       !step->passed.is_syscall && !arch_in_syscall(&step->before);
}
