/* The numbered evidence under the tables: which cell has which number, and what it says. */
#pragma once

#include "result.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Results that would say the same share a footnote: results of one allocator with the same finding
 * or stuck on the same lock, skipped and broken ones for the same reason.
 */
struct footnotes {
	const struct results *results;
	size_t count;
	const struct result **first; /* [count]: the first result of each; from number 1 */
	size_t *number;              /* by the result's index; 0: none */
	const struct cell *unswept;  /* says why no sweep at all was made, which no footnote
					repeats; or NULL */
};

enum { FOOTNOTE_MAX = 4096, FOOTNOTE_MARK_MAX = 64 };

/*
 * Numbers what there is to say of bad, skipped and broken results, in the order of the results. The
 * footnotes point to the results; footnotes_free() them.
 *
 * Returns 0 or -ENOMEM.
 */
int footnotes_collect(struct footnotes *footnotes, const struct results *results);
void footnotes_free(struct footnotes *footnotes);

/*
 * What refers to a result's footnote: " [1]", or "¹" if raised; "" when it has none, or when there
 * are no footnotes at all (NULL).
 */
void footnote_mark(char out[FOOTNOTE_MARK_MAX], const struct footnotes *footnotes,
	const struct result *result, bool superscript);

/* "glibc / basic / fork(): deadlock in 37 of 400 trials (proven), first in trial 17"; of a sweep
 * "deadlock at 44 of 952 points (proven), 12 windows, first at point 210" */
void footnote_heading(char out[FOOTNOTE_MAX], const struct cell *cell);

/*
 * What is known of the finding and not in its sentence: the signal, where it is stuck, and
 * whether the lock is the application's. "" when there is nothing.
 */
void footnote_facts(char out[FOOTNOTE_MAX], const struct cell *cell);

/*
 * What the result says that did not decide, and why it is not the same: "hit it in 0 of 400 trials:
 * its window is 12 of 954 points wide". "" without one, and where there is nothing to be said.
 */
void footnote_other_mode(
	char out[FOOTNOTE_MAX], const struct footnotes *footnotes, const struct result *result);

/*
 * The other results that share the footnote of this number, with their counts and first trials or
 * points, which is what the command to repeat one needs; "" when there are none.
 */
void footnote_also_in(char out[FOOTNOTE_MAX], const struct footnotes *footnotes, size_t number);
