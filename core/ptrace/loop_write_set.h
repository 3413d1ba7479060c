/* What a stepped thread has written since the last reset, and the old contents. For loop.c only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "arch.h"

enum { WRITE_SET_LINES = 256, WRITE_SET_LINE = 64 };

struct write_set_line {
	uint64_t address;                  /* a multiple of WRITE_SET_LINE */
	uint64_t written, changed;         /* one bit for each byte */
	unsigned char old[WRITE_SET_LINE]; /* valid where `written` is set */
};

struct write_set {
	unsigned lines;
	struct write_set_line line[WRITE_SET_LINES];
};

/* Empties the set: from now on, memory is compared with its present contents. */
void write_set_reset(struct write_set *write_set);

/* Before a store: saves the old contents. False: no room, or unreadable. */
bool write_set_before_store(struct write_set *write_set, pid_t tid, const struct arch_range *store);

/* After the store: records which bytes differ from their old contents. */
bool write_set_after_store(struct write_set *write_set, pid_t tid, const struct arch_range *store);

/* True when every written byte has its old value again. */
bool write_set_is_restored(const struct write_set *write_set, pid_t tid);

/* Whether a byte of the range was written, and whether one differed at any time. */
void write_set_lookup(const struct write_set *write_set, const struct arch_range *range,
	bool *written, bool *changed);
