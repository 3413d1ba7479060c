/* What a cure costs: the same runner with it and without, in turn, and no child is judged. */
#ifndef FORKLAB_MITIGATION_COST_H
#define FORKLAB_MITIGATION_COST_H

#include "cell_plan.h"
#include "model.h"

/*
 * Measures what the cure of that cell costs its workers and its fork(), against the same cell
 * without one. Takes about a second. cost->measured is false afterwards when a runner did not come
 * to its end (an allocator may hang in fork() itself), or an interrupt came.
 */
void mitigation_cost_measure(const struct cell_plan *plan, struct mitigation_cost *cost);

#endif
