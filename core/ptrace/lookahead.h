/*
 * What can be run through in one go: the instructions from here on that decide nothing and change
 * no memory but the thread's own stack. A fork would find the same memory before and after them.
 */
#ifndef FORKLAB_LOOKAHEAD_H
#define FORKLAB_LOOKAHEAD_H

#include <stdint.h>
#include <sys/types.h>

#include "arch.h"

enum { LOOKAHEAD_MAX = 64 }; /* instructions */

/*
 * How many instructions the thread, stopped with these registers, will execute before it comes to
 * the next one that matters: one that stores elsewhere than relative to the stack pointer, makes a
 * system call, repeats itself, is not understood, or branches in a way that cannot be foreseen from
 * here. *stop is its address, for step_to(). 0: that one is next, or a loop of the others;
 * step_once(). The addresses of those instructions are stored in visited[]. The stack pointer must
 * point into the thread's own stack. Not for a thread that is arch_in_syscall().
 */
unsigned lookahead(struct arch_decoder *decoder, pid_t tid, const struct arch_regs *regs,
	uint64_t visited[LOOKAHEAD_MAX], uint64_t *stop);

#endif
