/* Which system calls may occur in a proven loop. For loop.c only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "arch.h"
#include "loop.h"

enum { SYSCALL_READS_MAX = 2 };

/* What the kernel reads from the caller's memory. */
struct syscall_reads {
	unsigned count;
	struct arch_range range[SYSCALL_READS_MAX];
	bool futex; /* range[0] is a futex */
};

/* Before the call: whether it may occur, and what it reads. */
enum loop_obstacle loop_syscall_check(const struct arch_syscall *call, struct syscall_reads *reads);

/* After the call: whether it would return the same result again. */
enum loop_obstacle loop_syscall_result_check(const struct arch_syscall *call, int64_t result);
