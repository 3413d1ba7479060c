/* The system calls that may occur in a loop that is proven to repeat itself. loop.c only. */
#ifndef FORKLAB_LOOP_SYSCALLS_H
#define FORKLAB_LOOP_SYSCALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "arch.h"

enum { CALL_READS_MAX = 2 };

/* What the kernel reads of the caller's memory. */
struct call_reads {
	unsigned count;
	struct arch_range range[CALL_READS_MAX];
	bool futex; /* range[0] is a futex */
};

/* Before the call: NULL when it may occur, with what it reads; or a static sentence on why not. */
const char *call_refused(const struct arch_syscall *call, struct call_reads *reads);

/* After it: NULL when its outcome was one that comes again; or a static sentence. */
const char *call_result_refused(const struct arch_syscall *call, int64_t result);

#endif
