/* What a stepped thread has read since the last reset. For loop.c only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "arch.h"
#include "loop.h"

enum { READ_SET_PAGES = 128 };

struct read_set {
	struct arch_range rseq;          /* the rseq area, which the kernel writes; size 0: none */
	uint64_t stack_start, stack_end; /* the mapping of the stack */
	uint64_t tp;                     /* thread pointer */
	unsigned pages;
	uint64_t page[READ_SET_PAGES]; /* addresses of pages that were read or executed */
	unsigned locations;
	bool more_locations;
	struct loop_location location[LOOP_LOCATIONS_MAX];
};

/* Once for each thread. */
void read_set_init(struct read_set *reads, pid_t tid, const struct arch_regs *regs);

/* Forgets what was read. */
void read_set_reset(struct read_set *reads);

enum read_kind {
	READ_DATA,
	READ_ATOMIC, /* by an atomic instruction */
	READ_FUTEX,  /* by the kernel, in a futex call */
	READ_TARGET  /* by a jump, call or return: not a lock word */
};

/* Records a read. Returns an obstacle if it depends on more than the thread, or does not fit. */
enum loop_obstacle read_set_add(
	struct read_set *reads, const struct arch_range *range, enum read_kind kind);

/* Records that the instruction at `pc` was executed. */
enum loop_obstacle read_set_add_code(struct read_set *reads, uint64_t pc);

/* Returns an obstacle if other processes or the kernel can write any of it. */
enum loop_obstacle read_set_is_private(const struct read_set *reads, pid_t tid);
