/*
 * One cell, swept: a runner is started for it, its worker is stepped through the scenario's
 * sequence, and a fork is tried at every fork point.
 */
#ifndef FORKLAB_SWEEP_H
#define FORKLAB_SWEEP_H

#include "cell_plan.h"

/*
 * Runs the cell; the plan's mode is MODE_SWEEP. Everything that goes wrong is in the result, as
 * stress_run() has it; where nothing can be stepped it is VERDICT_SKIPPED, with the reason in
 * cell->why. With plan->point set, that one point is tried in two runners, which must agree; with
 * plan->hooks one runner will do.
 * cell->sweep.window is to be freed by the caller.
 */
void sweep_run(
	const struct cell_plan *plan, struct cell *cell, cell_progress *progress, void *context);

#endif
