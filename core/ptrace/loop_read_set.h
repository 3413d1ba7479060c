/* What a stepped thread has read since a certain moment. loop.c only. */
#ifndef FORKLAB_LOOP_READ_SET_H
#define FORKLAB_LOOP_READ_SET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "arch.h"
#include "loop.h"

enum { READ_SET_PAGES = 128 };

struct read_set {
	struct arch_range rseq;          /* the kernel writes there; size 0: nowhere */
	uint64_t stack_start, stack_end; /* the mapping of the stack */
	uint64_t tp;                     /* thread-local storage is around it */
	unsigned pages;
	uint64_t page[READ_SET_PAGES]; /* addresses of pages that were read or executed */
	unsigned locations;
	bool more_locations;
	struct loop_location location[LOOP_LOCATIONS_MAX];
};

/* Once, for the thread. */
void read_set_init(struct read_set *reads, pid_t tid, const struct arch_regs *regs);

/* Forgets what was read. */
void read_set_reset(struct read_set *reads);

enum read_kind {
	READ_DATA,
	READ_FUTEX, /* by the kernel, to wait for it */
	READ_TARGET /* by a jump, call or return: certainly no lock */
};

/* Notes one. NULL, or a static sentence on why the thread's future depends on more than itself. */
const char *read_set_add(
	struct read_set *reads, const struct arch_range *range, enum read_kind kind);

/* Notes that the instruction there was executed. The same answer. */
const char *read_set_add_code(struct read_set *reads, uint64_t pc);

/* Is all of it memory that nobody else can write? The same answer. */
const char *read_set_is_private(const struct read_set *reads, pid_t tid);

#endif
