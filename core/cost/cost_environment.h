/* The environment under which the costs of a file were measured. */
#pragma once

#include "model.h"

/*
 * Reads the variables that the output of `forklab cost --format json` names into host->variable;
 * none where it names none. 0, or -errno if the file cannot be read.
 */
int cost_environment_load(const char *path, struct host *host);
