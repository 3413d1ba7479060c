/*
 * A thread at one moment: its registers and its stack, copied. Taking one costs some microseconds;
 * what it says is found out later (stack.h), when the thread is long somewhere else. forklab only.
 */
#ifndef FORKLAB_SNAPSHOT_H
#define FORKLAB_SNAPSHOT_H

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
 * Of a thread that the caller has stopped (ptrace), with the registers that it has, or had a moment
 * ago. The memory of an earlier snapshot is used again. 0, -ENOMEM, or -EFAULT without a stack.
 */
int snapshot_take(struct snapshot *snapshot, pid_t tid, const struct arch_regs *regs);

/*
 * Of a thread that runs or sleeps and that nobody traces: it is stopped for that moment. 0 or the
 * error of step_attach().
 */
int snapshot_take_running(struct snapshot *snapshot, pid_t tid);

/* Releases the memory; *snapshot is all zero again. */
void snapshot_free(struct snapshot *snapshot);

#endif
