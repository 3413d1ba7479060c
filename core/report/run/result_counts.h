/* What the two results of a table's cell counted, each in a line of its own. */
#ifndef FORKLAB_RESULT_COUNTS_H
#define FORKLAB_RESULT_COUNTS_H

#include "format.h"
#include "result.h"

/* "" for what there is not. */
struct counts {
	char sweep[WORDING_MAX];  /* "44 of 952 points", "sweep skipped" */
	char stress[WORDING_MAX]; /* "3 of 400 trials"; "3 of 400" without a sweep */
	char bound[WORDING_MAX];  /* of stress: "≤ 0.75 %" */
};

void counts_of(struct counts *counts, const struct pair *pair, bool utf8);

#endif
