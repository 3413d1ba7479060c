/* What a stepped thread has written since a certain moment, and what was there before. loop.c only.
 */
#ifndef FORKLAB_LOOP_WRITE_SET_H
#define FORKLAB_LOOP_WRITE_SET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "arch.h"

enum { JOURNAL_LINES = 256, JOURNAL_LINE = 64 };

struct journal_line {
	uint64_t address;                /* a multiple of JOURNAL_LINE */
	uint64_t written, changed;       /* one bit a byte */
	unsigned char old[JOURNAL_LINE]; /* valid where `written` */
};

struct journal {
	unsigned lines;
	struct journal_line line[JOURNAL_LINES];
};

/* Starts anew: this moment is the one to compare with. */
void journal_reset(struct journal *journal);

/* Before a store: saves what it will overwrite. False: too much, or not readable. */
bool journal_before(struct journal *journal, pid_t tid, const struct arch_range *store);

/* After it: notes which bytes are now different from what they were in the beginning. */
bool journal_after(struct journal *journal, pid_t tid, const struct arch_range *store);

/* True when every byte written since is again what it was. */
bool journal_is_undone(const struct journal *journal, pid_t tid);

/* Was any byte of the range written, and did one of them differ for a while? */
void journal_look_up(const struct journal *journal, const struct arch_range *range, bool *written,
	bool *changed);

#endif
