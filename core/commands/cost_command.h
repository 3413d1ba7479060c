/* The command cost: what a fork costs with each of the chosen allocators. */
#ifndef FORKLAB_COST_COMMAND_H
#define FORKLAB_COST_COMMAND_H

#include "catalogue.h"
#include "options.h"

/*
 * Measures the grid that the options ask for, round by round, and prints the result. An interrupt,
 * or the end of the budget, ends it early with what was measured. Returns the exit status.
 */
int cost_command(const struct catalogue *catalogue, const struct options *options);

#endif
