/*
 * Callers of a function that has no call frame information, such as all of musl's: the stack is
 * searched upwards for the return address of a direct call of that very function. A call through a
 * pointer or the PLT, and a tail call, end the chain. Used where unwinding ends early.
 */
#pragma once

#include "stack.h"

/*
 * Adds the callers of the last frame of *stack, which was unwound from the snapshot, with function
 * and module only, until there is no more such caller. `tid` is any live thread of a process with
 * the same code. Returns how many frames were added.
 */
size_t call_chain_extend(
	struct symbols *symbols, const struct snapshot *snapshot, pid_t tid, struct stack *stack);
