/*
 * A copy of a thread's registers and stack. Taking one costs microseconds; unwinding it (stack.h)
 * can be done later, while the thread runs on.
 */
#pragma once

#include "arch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { SNAPSHOT_STACK_MAX = 256 * 1024 };

/* All zero: none. */
struct snapshot {
	bool taken;
	pid_t tid;
	struct arch_regs regs;
	uint64_t low; /* address of stack[0] */
	size_t size;  /* bytes of stack[] */
	unsigned char *stack;
};

/*
 * Takes one of a thread that the caller has stopped (ptrace), with its present registers or those
 * of a moment ago. Reuses the memory of an earlier snapshot. 0, -ENOMEM, or -EFAULT: no stack.
 */
int snapshot_take(struct snapshot *snapshot, pid_t tid, const struct arch_regs *regs);

/*
 * The same for a running or sleeping thread without a tracer: it is attached to and stopped for the
 * moment. 0 or the error of step_attach().
 */
int snapshot_take_running(struct snapshot *snapshot, pid_t tid);

/* Releases the memory and zeroes *snapshot. */
void snapshot_free(struct snapshot *snapshot);
