/*
 * How step_to() reaches its address. With a breakpoint register where those fire. Elsewhere with a
 * trap instruction, which is in the code only while the thread runs: it is inserted right before
 * the thread is resumed and removed at every stop, before the caller learns of the stop. By single
 * steps where another thread might execute the trap or a forked child inherit it. For step.c only.
 */
#pragma once

#include "step.h"

#include <sys/ptrace.h>

/* Chooses the method and sets the address to run to. 0 or -errno. */
int run_to_begin(struct tracee *tracee, uint64_t until);

/* Prepares the stopped thread; returns the ptrace request that resumes it. */
enum __ptrace_request run_to_resume(struct tracee *tracee);

/* Restores the code if the trap instruction is in it. */
void run_to_remove_trap(struct tracee *tracee);

/* The thread has ended or executed another program: the code with the trap is gone. */
void run_to_forget_trap(struct tracee *tracee);

/*
 * After a SIGTRAP with SI_KERNEL: true when the trap instruction raised it; the program counter is
 * back at its address.
 */
bool run_to_is_trap(struct tracee *tracee);

/*
 * With RUN_TO_STEPS: true when the thread has made a step and is not at the address yet. May turn
 * *event into STEP_DONE.
 */
bool run_to_continues(struct tracee *tracee, enum step_event *event);

/* With RUN_TO_STEPS: true when the step that is under way cannot block in a system call. */
bool run_to_cannot_block(const struct tracee *tracee);
