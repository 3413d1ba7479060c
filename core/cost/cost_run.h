/* The rounds of a grid: every grid point is measured in each round, in an order that changes. */
#pragma once

#include "cost_grid.h"
#include "cost_model.h"
#include "progress_hooks.h"

/*
 * Measures, and fills in all of *report but its host. Ends early when the budget is used up or an
 * interrupt comes. `hooks`: NULL, or where progress is reported. 0 or -ENOMEM; release with
 * cost_run_free() in any case.
 */
int cost_run(struct cost_report *report, const struct options *options,
	const struct cost_grid *grid, const struct progress_hooks *hooks);
void cost_run_free(struct cost_report *report);
