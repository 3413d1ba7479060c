/* `forklab explain`: the story of one fork point of one cell. */
#ifndef FORKLAB_EXPLAIN_COMMAND_H
#define FORKLAB_EXPLAIN_COMMAND_H

#include "catalogue.h"
#include "options.h"

/* Does what the options say, and prints to where they say. The exit status. */
int explain_command(const struct catalogue *catalogue, const struct options *options);

#endif
