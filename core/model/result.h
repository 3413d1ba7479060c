/*
 * The stress and the sweep cell of one (allocator, cure, scenario, method), and which of them
 * counts. One of the two may be missing: it was not asked for, or an interrupt came before it.
 * Pure.
 */
#ifndef FORKLAB_RESULT_H
#define FORKLAB_RESULT_H

#include "model.h"

struct result {
	const struct cell *stress, *sweep; /* of the report; NULL: missing, but never both */
};

struct results {
	size_t count;
	struct result *result; /* in the order of their first cells */
};

/* How the two results of a pair stand to each other. */
enum result_relation {
	RESULT_SINGLE,        /* one is missing */
	RESULT_AGREE,         /* the same verdict */
	RESULT_STRESS_MISSED, /* only the sweep found something bad */
	RESULT_SWEEP_MISSED,  /* only stress did */
	RESULT_DIFFER,        /* both did, and the worst is not the same */
	RESULT_NO_SWEEP,      /* the sweep came to no judgement: skipped, broken, no time */
	RESULT_NO_STRESS,     /* stress came to none */
};

/* The pairs of a report, which must outlive them. 0 or -ENOMEM. Release with results_free(). */
int results_collect(struct results *results, const struct report *report);
void results_free(struct results *results);

enum result_relation result_relation(const struct result *result);

/*
 * The cell whose verdict is the pair's: that of the worse verdict, and the sweep if they are alike.
 * One that came to no judgement does not count where the other one did.
 */
const struct cell *result_deciding_cell(const struct result *result);

/* The other one, or NULL. */
const struct cell *result_other_cell(const struct result *result);

/* Something was tried of the cell, and judged: its verdict is neither skipped nor broken. */
bool result_cell_judged(const struct cell *cell);

/* The sweep came by the whole sequence, left out nothing, and nothing broke: it may say "all". */
bool result_sweep_complete(const struct cell *sweep);

/* The fork points that a sweep knows about: tried, or waited at. */
uint32_t result_points_tested(const struct cell *sweep);

#endif
