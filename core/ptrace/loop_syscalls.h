/* The system calls that may occur in a loop that is proven to repeat itself. loop.c only. */
#ifndef FORKLAB_LOOP_SYSCALLS_H
#define FORKLAB_LOOP_SYSCALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "arch.h"

enum { SYSCALL_READS_MAX = 2 };

/* What the kernel reads of the caller's memory. */
struct syscall_reads {
	unsigned count;
	struct arch_range range[SYSCALL_READS_MAX];
	bool futex; /* range[0] is a futex */
};

/* Before the call: NULL when it may occur, with what it reads; or a static sentence on why not. */
const char *loop_syscall_check(const struct arch_syscall *call, struct syscall_reads *reads);

/* After it: NULL when its outcome was one that comes again; or a static sentence. */
const char *loop_syscall_result_check(const struct arch_syscall *call, int64_t result);

#endif
