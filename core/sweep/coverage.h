/*
 * How much of the program a sweep goes through: which instructions and which system calls. Cheap
 * enough to be told of each step.
 */
#ifndef FORKLAB_COVERAGE_H
#define FORKLAB_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

struct symbols;

enum { REACH_MAX = 1 << 20 }; /* distinct instructions; that is 16 MiB */

/* Distinct numbers other than 0, hashed. All zero: none. For reach.c only. */
struct reach_numbers {
	size_t count;
	unsigned bits;  /* log2 of the slots */
	uint64_t *slot; /* 0: free */
	bool full;      /* one could not be taken in, for want of room or memory */
};

/* Starts with all zero. */
struct reach_set {
	struct reach_numbers pcs;
	struct reach_numbers calls; /* numbers of system calls, plus 1 */
	uint32_t syscalls;
};

/* An instruction was executed. Beyond REACH_MAX, and without memory, new ones are not counted. */
void reach_pc(struct reach_set *set, uint64_t pc);

/* A system call was made. */
void reach_syscall(struct reach_set *set, uint64_t number);

/* True when there were more instructions or calls than are counted. */
bool reach_overflowed(const struct reach_set *set);

/* The totals. Functions are counted by their symbols; without symbols (NULL) there are none. */
void reach_report(const struct reach_set *set, struct symbols *symbols, struct reach *reach);

/* Gives the memory back: all zero again. */
void reach_free(struct reach_set *set);

#endif
