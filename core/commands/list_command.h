/* `forklab list`: allocators, scenarios, fork methods, and why something is missing. */
#ifndef FORKLAB_LIST_COMMAND_H
#define FORKLAB_LIST_COMMAND_H

#include "catalogue.h"
#include "options.h"

/* Prints to where the options say. The exit status. */
int list_command(const struct catalogue *catalogue, const struct options *options);

#endif
