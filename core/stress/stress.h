/* Random trials of one cell: its runner is started, again if it dies, and each trial is judged. */
#pragma once

#include "cell_plan.h"
#include "model.h"

/* Fills in the command that runs the stress cell again. */
void stress_command(const struct cell_plan *plan, struct finding *finding);

/*
 * Runs the cell. Everything that goes wrong is in the result, as `broken` trials or as
 * VERDICT_BROKEN with the reason in cell->finding. An interrupt (interrupt.h) ends it early:
 * cell->cut.
 */
void stress_run(
	const struct cell_plan *plan, struct cell *cell, cell_progress *progress, void *context);
