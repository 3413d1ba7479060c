/* The silent damage of a fork: two runners of a cell that make no trials, and what they found. */
#ifndef FORKLAB_HEAP_CHECK_H
#define FORKLAB_HEAP_CHECK_H

#include "cell_plan.h"
#include "model.h"

/*
 * Adds the notes to a stress cell. Only where nothing bad was found, for there the damage would not
 * be silent, and only in scenarios that ask for it. Takes some hundredths of a second, and no
 * longer than some seconds with a process that does not end; the cell has no notes then.
 */
void heap_check_cell(const struct cell_plan *plan, struct cell *cell);

#endif
