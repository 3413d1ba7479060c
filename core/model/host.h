/* What machine this is: part of every result, because results hold for it. */
#pragma once

#include "model.h"

/* Fills in all of *host; what cannot be found out is "?" or 0. */
void host_describe(struct host *host);

/* Whether the same variables of the environment were in force, with the same values. */
bool host_same_environment(const struct host *a, const struct host *b);
