/*
 * What can be run through in one go: the instructions from here on that decide nothing and change
 * no memory but the thread's own stack. A fork would find the same memory before and after them.
 */
#ifndef FORKLAB_STEP_AHEAD_H
#define FORKLAB_STEP_AHEAD_H

#include <stdint.h>
#include <sys/types.h>

#include "arch.h"

/*
 * How many instructions the thread, stopped at `pc`, will execute before it comes to the next one
 * that matters: one that stores elsewhere than relative to the stack pointer, makes a system call,
 * branches conditionally or to where only the registers know, repeats itself, or is not understood.
 * *stop is its address, for step_to(). 0: that one is at `pc`, or `pc` is in a loop of the others;
 * step_once(). The stack pointer must point into the thread's own stack. Not for a thread that is
 * arch_in_syscall(). At most `max`.
 */
unsigned ahead(struct arch_decoder *decoder, pid_t tid, uint64_t pc, unsigned max, uint64_t *stop);

#endif
