#pragma once

#include "scenario.h"
#include "shm.h"

/*
 * Loads the scenario from plan.scenario_file; NULL: the plan names none, and nothing was done. Main
 * thread, before the first thread starts and before anything else of the runner allocates. If the
 * file cannot be used, says so in the shm and exits: RUNNER_BROKEN, or RUNNER_OK when this runner
 * is a static program, to which no such scenario applies.
 */
const struct scenario *scenario_file_load(struct shm *shm);
