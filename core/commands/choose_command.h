/* The command choose: an allocator for a kind of server. */
#ifndef FORKLAB_CHOOSE_COMMAND_H
#define FORKLAB_CHOOSE_COMMAND_H

#include "catalogue.h"
#include "options.h"

/*
 * Tries the chosen allocators in what that kind of server does, measures or reads what a fork costs
 * with those that come through, ranks them, and prints that. Returns the exit status.
 */
int choose_command(const struct catalogue *catalogue, const struct options *options);

#endif
