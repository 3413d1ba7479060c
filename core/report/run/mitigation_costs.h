/* What cures cost, as rows of words, and as a table for a terminal. */
#ifndef FORKLAB_MITIGATION_COSTS_H
#define FORKLAB_MITIGATION_COSTS_H

#include "model.h"
#include "wrap.h"

enum {
	MITIGATION_COST_CELL,
	MITIGATION_COST_OPERATIONS,
	MITIGATION_COST_FORK_MEDIAN,
	MITIGATION_COST_FORK_MAX,
	MITIGATION_COST_COLUMNS,
	MITIGATION_COST_MAX = 3 * MODEL_TEXT_MAX,
};

/* What stands above the columns, and in a sentence how to read them. */
extern const char *const mitigation_cost_headings[MITIGATION_COST_COLUMNS];
extern const char mitigation_cost_legend[];

/*
 * What stands in a column: "7.8 ms (× 33)", the figure with the cure and what multiple it is of the
 * one without; "-" where there was nothing to measure. Pure.
 */
void mitigation_cost_format(char out[MITIGATION_COST_MAX], const struct cell *cell, int column);

/*
 * Prints the table of all cells of the report whose cost was measured; as paragraphs on paper that
 * is too narrow (not if `limited` is false). Nothing if there is none.
 *
 * Returns 0 or -ENOMEM; errors of the stream stay in the stream.
 */
int mitigation_costs_print(
	const struct text_out *text_out, const struct report *report, bool limited);

#endif
