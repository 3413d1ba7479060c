/* What a stepped thread has written since a certain moment, and what was there before. loop.c only.
 */
#ifndef FORKLAB_LOOP_WRITE_SET_H
#define FORKLAB_LOOP_WRITE_SET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "arch.h"

enum { WRITE_SET_LINES = 256, WRITE_SET_LINE = 64 };

struct write_set_line {
	uint64_t address;                  /* a multiple of WRITE_SET_LINE */
	uint64_t written, changed;         /* one bit a byte */
	unsigned char old[WRITE_SET_LINE]; /* valid where `written` */
};

struct write_set {
	unsigned lines;
	struct write_set_line line[WRITE_SET_LINES];
};

/* Starts anew: this moment is the one to compare with. */
void write_set_reset(struct write_set *write_set);

/* Before a store: saves what it will overwrite. False: too much, or not readable. */
bool write_set_before_store(struct write_set *write_set, pid_t tid, const struct arch_range *store);

/* After it: notes which bytes are now different from what they were in the beginning. */
bool write_set_after_store(struct write_set *write_set, pid_t tid, const struct arch_range *store);

/* True when every byte written since is again what it was. */
bool write_set_is_restored(const struct write_set *write_set, pid_t tid);

/* Was any byte of the range written, and did one of them differ for a while? */
void write_set_lookup(const struct write_set *write_set, const struct arch_range *range,
	bool *written, bool *changed);

#endif
