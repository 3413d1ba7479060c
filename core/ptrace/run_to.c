#include "run_to.h"

#include "hw_breakpoint.h"

#include <errno.h>

int run_to_begin(struct tracee *tracee, uint64_t until)
{
	if (!hw_breakpoints_fire()) {
		tracee->run_to_method = tracee->alone ? RUN_TO_TRAP : RUN_TO_STEPS;
	} else if (until != tracee->breakpoint) {
		int error = arch_move_breakpoint(tracee->tid, tracee->breakpoint, until);
		if (error && error != -ESRCH)
			return error;
		tracee->breakpoint = until;
	}
	tracee->run_to = until;
	return 0;
}

/* Fails in shared read-only mappings and where the program has a trap instruction itself. */
static bool insert_trap(struct tracee *tracee)
{
	tracee->trap = tracee->run_to;
	tracee->trap_inserted =
		arch_insert_trap(tracee->tid, tracee->trap, &tracee->trap_original) == 0;
	return tracee->trap_inserted;
}

static void peek(struct tracee *tracee)
{
	tracee->peeked = (struct arch_insn){0};
	if (arch_get_regs(tracee->tid, &tracee->peeked_regs) == 0)
		arch_peek(tracee->tid, &tracee->peeked_regs, &tracee->peeked);
}

enum __ptrace_request run_to_resume(struct tracee *tracee)
{
	if (!tracee->run_to)
		return PTRACE_SINGLESTEP;
	if (tracee->run_to_method == RUN_TO_TRAP && !insert_trap(tracee))
		tracee->run_to_method = RUN_TO_STEPS;
	if (tracee->run_to_method != RUN_TO_STEPS) {
		(void)arch_reset_trap_flag(tracee->tid);
		return PTRACE_CONT;
	}
	peek(tracee);
	return PTRACE_SINGLESTEP;
}

void run_to_remove_trap(struct tracee *tracee)
{
	if (tracee->trap_inserted)
		(void)arch_remove_trap(tracee->tid, tracee->trap, tracee->trap_original);
	tracee->trap_inserted = false;
}

void run_to_forget_trap(struct tracee *tracee)
{
	tracee->trap_inserted = false;
	tracee->trap = 0;
}

bool run_to_is_trap(struct tracee *tracee)
{
	return tracee->trap && arch_rewind_trap(tracee->tid, tracee->trap);
}

bool run_to_continues(struct tracee *tracee, enum step_event *event)
{
	struct arch_regs regs;
	if (!tracee->run_to || tracee->run_to_method != RUN_TO_STEPS)
		return false;
	if (*event == STEP_DONE && tracee->peeked.pushes_flags)
		arch_clear_trap_flag(tracee->tid, &tracee->peeked, &tracee->peeked_regs);
	if (*event != STEP_DONE && *event != STEP_HANDLER)
		return false;
	/* The caller asked for an address: signal handlers on the way are not reported. */
	*event = STEP_DONE;
	return arch_get_regs(tracee->tid, &regs) == 0 && arch_pc(&regs) != tracee->run_to;
}

bool run_to_cannot_block(const struct tracee *tracee)
{
	return tracee->run_to && tracee->run_to_method == RUN_TO_STEPS && !tracee->stopped &&
	       tracee->peeked.pc && !tracee->peeked.is_syscall &&
	       !arch_in_syscall(&tracee->peeked_regs);
}
