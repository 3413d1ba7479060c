/* --scenario FILE: makes files of the user scenarios of the catalogue, without a build tree. */
#pragma once

#include "catalogue.h"
#include "options.h"

#include <stddef.h>

/*
 * Allocates what both processes of forklab share, so that user_scenarios_remove() works in either.
 * In main(), before the supervisor forks. Best effort: without it, only the process that compiled
 * removes the files.
 */
void user_scenarios_init(void);

/*
 * Adds the scenario of every file that the options name to the end of the catalogue. C source is
 * compiled first, into a temporary directory, by $CC or cc, which writes its messages to standard
 * error. Each file is loaded once, by the baseline's runner: one that does not load, or that is of
 * another version, is reported before anything is measured. One whose constructors crash, exit or
 * hang is added, and every cell with it is broken.
 *
 * 0, or -errno with one sentence for the user in error[size]. In any case the caller calls
 * user_scenarios_remove() at the end. Supervised process, before any other runner.
 */
int user_scenarios_add(
	struct catalogue *catalogue, const struct options *options, char *error, size_t size);

/* Removes the temporary directory if there is one. Either process; can be called twice. */
void user_scenarios_remove(void);
