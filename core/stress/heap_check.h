/* The silent damage of a fork, found by two runners of a cell that make no trials. */
#pragma once

#include "cell_plan.h"
#include "model.h"

/*
 * Adds notes to a stress cell. Only where nothing bad was found, since the damage would not be
 * silent otherwise, and only in scenarios that ask for it. Takes some hundredths of a second, or
 * some seconds and no notes if a process hangs.
 */
void heap_check_cell(const struct cell_plan *plan, struct cell *cell);
