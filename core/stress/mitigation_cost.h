/* What a mitigation costs: the same runner with it and without, in turn. No child is judged. */
#pragma once

#include "cell_plan.h"
#include "model.h"

/*
 * Measures what the cell's mitigation costs its workers and its fork(), compared with the same cell
 * without it. Takes about a second. cost->measured is false if a runner did not finish (an
 * allocator may hang in fork() itself) or an interrupt came.
 */
void mitigation_cost_measure(const struct cell_plan *plan, struct mitigation_cost *cost);
