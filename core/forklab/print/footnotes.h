/* The numbered evidence under the tables: which cell has which number, and what it says. */
#ifndef FORKLAB_PRINT_FOOTNOTES_H
#define FORKLAB_PRINT_FOOTNOTES_H

#include "model.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Cells that would say the same share a footnote: cells of one allocator in the same words or hung
 * on the same lock, skipped and broken ones for the same reason.
 */
struct footnotes {
	const struct report *report;
	size_t count;
	const struct cell **first; /* [count]: the first cell of each; numbers begin at 1 */
	size_t *number;            /* by the cell's index in the report; 0: none */
};

enum { FOOTNOTE_MAX = 4096, FOOTNOTE_MARK_MAX = 64 };

/*
 * Numbers what the report has to say of its bad, skipped and broken cells, in the order of the
 * cells. The footnotes point into the report; footnotes_free() them.
 *
 * Returns 0 or -ENOMEM.
 */
int footnotes_collect(struct footnotes *footnotes, const struct report *report);
void footnotes_free(struct footnotes *footnotes);

/* The number of a cell of the report, or 0. */
size_t footnotes_number(const struct footnotes *footnotes, const struct cell *cell);

/*
 * What refers to a cell's footnote: " [1]", or "¹" if raised; "" when it has none, or when there
 * are no footnotes at all (NULL).
 */
void footnote_mark(char out[FOOTNOTE_MARK_MAX], const struct footnotes *footnotes,
	const struct cell *cell, bool raised);

/* "glibc / basic / fork(): deadlock in 37 of 400 trials (proven), first in trial 17" */
void footnote_heading(char out[FOOTNOTE_MAX], const struct cell *cell);

/* The finding's sentence, or the reason for which a cell has no verdict. */
const char *footnote_sentence(const struct cell *cell);

/*
 * What is known of the finding and not in its sentence: where it is stuck, the futex and its value,
 * the lock, its owner, the signal. "" when there is nothing.
 */
void footnote_facts(char out[FOOTNOTE_MAX], const struct cell *cell);

/*
 * The other cells that share the footnote of this number, with their counts and first trials, which
 * is what the command to repeat one needs; "" when there are none.
 */
void footnote_others(char out[FOOTNOTE_MAX], const struct footnotes *footnotes, size_t number);

#endif
