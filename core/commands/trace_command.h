/*
 * `forklab trace`: some trials of one cell at natural speed, each in a runner of its own, with all
 * calls, descriptors and heaps recorded.
 */
#ifndef FORKLAB_TRACE_COMMAND_H
#define FORKLAB_TRACE_COMMAND_H

#include "catalogue.h"
#include "options.h"

/* Records, and prints to where the options say. The exit status. */
int trace_command(const struct catalogue *catalogue, const struct options *options);

#endif
