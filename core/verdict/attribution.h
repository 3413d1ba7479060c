/*
 * Whose lock a stuck process waits for, from the process itself: its files, its symbols and the
 * stack of the stuck thread. Single-threaded; the process is stopped for a moment (ptrace), and may
 * be scribbled on.
 */
#pragma once

#include "evidence.h"
#include "lock_rules.h"
#include "model.h"
#include "shared_object.h"
#include "snapshot.h"
#include "symbols.h"

#include <stdbool.h>
#include <stdint.h>

enum { ATTRIBUTION_CACHE_MAX = 32 };

/* What was decided, for one place in the code and one lock. */
struct attribution_entry {
	uint64_t pc, sp, futex;
	bool in_parent;
	enum lock_origin origin;
	bool by_allocator;
	enum wait_object object;
	bool nameless;   /* the word lies in a file's data, and no symbol names it */
	uint64_t offset; /* of the word in its variable */
	char module[MODEL_NAME_MAX], variable[MODEL_NAME_MAX];
	char taker[MODEL_NAME_MAX], taker_module[MODEL_NAME_MAX];
};

/*
 * Serves the processes of one cell: its runners have the same files at the same addresses, so what
 * was decided once holds for every child that waits at the same place, with the same stack pointer,
 * for the same lock. All zero at first.
 */
struct attribution {
	struct symbols *symbols; /* NULL: opened when first needed */
	bool borrowed;           /* `symbols` belongs to the caller */
	bool needed_known;       /* the libraries that the allocator's file is linked with: */
	int needed;
	char needed_name[NEEDED_LIBRARIES_MAX][NEEDED_NAME_MAX];
	unsigned count, next;
	struct attribution_entry entry[ATTRIBUTION_CACHE_MAX];
	struct snapshot snapshot;
};

/*
 * Fills in whose lock it is, and its names. The finding has its futex and the place of the stuck
 * thread already (evidence.h), and the suspect is alive. Without the right to trace only the place
 * of the lock counts.
 */
void attribution_fill(
	struct attribution *attribution, const struct suspect *suspect, struct finding *finding);

/* Releases what it holds; borrowed symbols stay. */
void attribution_free(struct attribution *attribution);
