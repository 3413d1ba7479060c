/*
 * Which instructions can be executed in one run: those that change no memory but the thread's own
 * stack and whose successor is known. A fork before or after them finds the same memory.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "arch.h"

enum { LOOKAHEAD_MAX = 64 }; /* instructions */

/*
 * Counts the instructions that the thread, stopped with these registers, executes before the first
 * that must be stepped: one that stores other than relative to the stack pointer, makes a system
 * call, has a rep prefix, is unknown, or branches to an unpredictable target. *stop is its address,
 * for step_to(). 0: the next instruction is such a one, or a loop follows: use step_once().
 * visited[] gets the addresses of the instructions. The stack pointer must point into the thread's
 * own stack, and the thread must not be arch_in_syscall().
 */
unsigned lookahead(struct arch_decoder *decoder, pid_t tid, const struct arch_regs *regs,
	uint64_t visited[LOOKAHEAD_MAX], uint64_t *stop);
