/* What the two results of a table's cell counted, each in a line of its own. */
#pragma once

#include "format.h"
#include "result.h"

/* "" for what there is not. */
struct result_counts {
	char sweep[FORMAT_MAX];  /* "44 of 952 points", "sweep skipped" */
	char stress[FORMAT_MAX]; /* "3 of 400 trials"; "3 of 400" without a sweep */
	char bound[FORMAT_MAX];  /* of stress: "≤ 0.75 %" */
};

void result_counts_format(struct result_counts *counts, const struct result *result, bool utf8);
