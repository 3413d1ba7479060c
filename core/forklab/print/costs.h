/* What cures cost, as rows of words, and as a table for a terminal. */
#ifndef FORKLAB_PRINT_COSTS_H
#define FORKLAB_PRINT_COSTS_H

#include "model.h"
#include "print/wrap.h"

enum {
	COST_PLACE,
	COST_OPERATIONS,
	COST_FORK_MEDIAN,
	COST_FORK_MAX,
	COST_COLUMNS,
	COST_MAX = 3 * MODEL_TEXT_MAX,
};

/* What stands above the columns, and in a sentence how to read them. */
extern const char *const cost_headings[COST_COLUMNS];
extern const char cost_legend[];

/*
 * What stands in a column: "7.8 ms (× 33)", the figure with the cure and what multiple it is of the
 * one without; "-" where there was nothing to measure. Pure.
 */
void cost_words(char out[COST_MAX], const struct cell *cell, int column);

/*
 * Prints the table of all cells of the report whose cost was measured; as paragraphs on paper that
 * is too narrow (not if `limited` is false). Nothing if there is none.
 *
 * Returns 0 or -ENOMEM; errors of the stream stay in the stream.
 */
int costs_print(const struct paper *paper, const struct report *report, bool limited);

#endif
