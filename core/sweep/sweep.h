/*
 * The sweep of one cell: a runner is started, its worker is stepped through the scenario's
 * sequence, and a fork is tried at every fork point.
 */
#pragma once

#include "cell_plan.h"

/*
 * Runs the cell; the plan's mode is MODE_SWEEP. Failures are in the result, as with stress_run();
 * where nothing can be stepped the cell is VERDICT_SKIPPED, with the reason in cell->skip. With
 * plan->point set, that one point is tried in two runners, which must agree; with plan->hooks in
 * one only. The caller frees cell->sweep.window.
 */
void sweep_run(
	const struct cell_plan *plan, struct cell *cell, cell_progress *progress, void *context);
