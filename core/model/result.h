/*
 * The results of a report: which cells belong together, and which of the two decides. One of them
 * may be missing: it was not asked for, or an interrupt came first. Pure.
 */
#pragma once

#include "model.h"

/* How the two cells of a result relate to each other. */
enum result_relation {
	RESULT_SINGLE,        /* one is missing */
	RESULT_AGREE,         /* the same verdict */
	RESULT_STRESS_MISSED, /* only the sweep found something bad */
	RESULT_SWEEP_MISSED,  /* only stress did */
	RESULT_DIFFER,        /* both did, and the worst is not the same */
	RESULT_NO_SWEEP,      /* the sweep came to no judgement: skipped, broken, no time */
	RESULT_NO_STRESS,     /* stress came to none */
};

/*
 * Builds the results of a report from its cells, in place of those it has; again after the cells
 * have changed. 0 or -ENOMEM. Release with results_free().
 */
int results_build(struct report *report);
void results_free(struct report *report);

enum result_relation result_relation(const struct result *result);

/*
 * The cell whose verdict is the result's: the one with the worse verdict, or the sweep if they
 * agree. One that came to no judgement does not count where the other one did.
 */
const struct cell *result_deciding_cell(const struct result *result);

/* The other one, or NULL. */
const struct cell *result_other_cell(const struct result *result);

/* Something was tried of the cell, and judged: its verdict is neither skipped nor broken. */
bool result_cell_judged(const struct cell *cell);

/* Some of its trials or fork points are bad, and that is not held against the allocator. */
bool result_has_foreign(const struct result *result);

/* The sweep came by the whole sequence, left out nothing, and nothing broke: it may say "all". */
bool result_sweep_complete(const struct cell *sweep);

/* The fork points that a sweep knows about: tried, or waited at. */
uint32_t result_points_tested(const struct cell *sweep);
