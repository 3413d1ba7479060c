/*
 * The instructions and system calls that a sweep went through. Cheap enough to be called at each
 * step.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

struct symbols;

enum { COVERAGE_PCS_MAX = 1 << 20 }; /* distinct instructions; that is 16 MiB */

/* A hash set of numbers other than 0. All zero: empty. For coverage.c only. */
struct number_set {
	size_t count;
	unsigned bits;  /* log2 of the slots */
	uint64_t *slot; /* 0: free */
	bool full;      /* one could not be added, for want of room or memory */
};

/* Starts with all zero. */
struct coverage_set {
	struct number_set pcs;
	struct number_set calls; /* numbers of system calls, plus 1 */
	uint32_t syscalls;
};

/*
 * An instruction was executed. Beyond COVERAGE_PCS_MAX, or without memory, new ones are not
 * counted.
 */
void coverage_add_pc(struct coverage_set *set, uint64_t pc);

/* A system call was made. */
void coverage_add_syscall(struct coverage_set *set, uint64_t number);

/* The totals. Functions are counted by symbol; without symbols (NULL) they are 0. */
void coverage_totals(
	const struct coverage_set *set, struct symbols *symbols, struct coverage *coverage);

/* Releases the memory; all zero again. */
void coverage_free(struct coverage_set *set);
