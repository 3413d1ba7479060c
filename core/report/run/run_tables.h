/* The tables of a run: for each fork method, the windows of a sweep, what mitigations cost. */
#pragma once

#include "document.h"
#include "footnotes.h"
#include "matrix.h"

/* Good, bad, undecided; dim when it was not judged. */
enum block_tone verdict_tone(const struct cell *cell);

/* Allocators by scenarios; `footnotes` NULL: the cells refer to none. */
void add_matrix(
	struct document *document, const struct matrix *matrix, const struct footnotes *footnotes);

void add_windows(struct document *document, const struct cell *sweep);

enum {
	MITIGATION_COST_CELL,
	MITIGATION_COST_OPERATIONS,
	MITIGATION_COST_FORK_MEDIAN,
	MITIGATION_COST_FORK_MAX,
	MITIGATION_COST_COLUMNS,
	MITIGATION_COST_MAX = 3 * MODEL_TEXT_MAX,
};

/*
 * What stands in a column: "7.8 ms (× 33)", the figure with the mitigation and what multiple it is
 * of the one without; "-" where there was nothing to measure. Pure.
 */
void mitigation_cost_format(char out[MITIGATION_COST_MAX], const struct cell *cell, int column);

/* Of all cells whose cost was measured; nothing if there is none. */
void add_mitigation_costs(struct document *document, const struct report *report);
