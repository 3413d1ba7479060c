/* `forklab run`, `stress` and `sweep`: cells are chosen, tried, and printed as a table. */
#ifndef FORKLAB_RUN_COMMAND_H
#define FORKLAB_RUN_COMMAND_H

#include "catalogue.h"
#include "options.h"

/* Does what the options say, and prints to where they say. The exit status. */
int run_command(const struct catalogue *catalogue, const struct options *options);

#endif
