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

enum { COVERAGE_PCS_MAX = 1 << 20 }; /* distinct instructions; that is 16 MiB */

/* Distinct numbers other than 0, hashed. All zero: none. For reach.c only. */
struct number_set {
	size_t count;
	unsigned bits;  /* log2 of the slots */
	uint64_t *slot; /* 0: free */
	bool full;      /* one could not be taken in, for want of room or memory */
};

/* Starts with all zero. */
struct coverage_set {
	struct number_set pcs;
	struct number_set calls; /* numbers of system calls, plus 1 */
	uint32_t syscalls;
};

/* An instruction was executed. Beyond COVERAGE_PCS_MAX, and without memory, new ones are not
 * counted. */
void coverage_add_pc(struct coverage_set *set, uint64_t pc);

/* A system call was made. */
void coverage_add_syscall(struct coverage_set *set, uint64_t number);

/* True when there were more instructions or calls than are counted. */
bool coverage_overflowed(const struct coverage_set *set);

/* The totals. Functions are counted by their symbols; without symbols (NULL) there are none. */
void coverage_totals(
	const struct coverage_set *set, struct symbols *symbols, struct coverage *coverage);

/* Gives the memory back: all zero again. */
void coverage_free(struct coverage_set *set);

#endif
