/* What a stepped thread has read since a certain moment. loop.c only. */
#ifndef FORKLAB_LOOP_READ_SET_H
#define FORKLAB_LOOP_READ_SET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "arch.h"
#include "loop.h"

enum { READS_PAGES = 128 };

struct reads {
	struct arch_range rseq;          /* the kernel writes there; size 0: nowhere */
	uint64_t stack_start, stack_end; /* the mapping of the stack */
	uint64_t tp;                     /* thread-local storage is around it */
	unsigned pages;
	uint64_t page[READS_PAGES]; /* addresses of pages that were read or executed */
	unsigned watches;
	bool more_watches;
	struct loop_watch watch[LOOP_WATCHES_MAX];
};

/* Once, for the thread. */
void reads_begin(struct reads *reads, pid_t tid, const struct arch_regs *regs);

/* Forgets what was read. */
void reads_reset(struct reads *reads);

enum read_kind {
	READ_DATA,
	READ_FUTEX, /* by the kernel, to wait for it */
	READ_TARGET /* by a jump, call or return: certainly no lock */
};

/* Notes one. NULL, or a static sentence on why the thread's future depends on more than itself. */
const char *reads_add(struct reads *reads, const struct arch_range *range, enum read_kind kind);

/* Notes that the instruction there was executed. The same answer. */
const char *reads_add_code(struct reads *reads, uint64_t pc);

/* Is all of it memory that nobody else can write? The same answer. */
const char *reads_are_private(const struct reads *reads, pid_t tid);

#endif
