/* One fork point of one cell, explained. */
#ifndef FORKLAB_EXPLAIN_CELL_H
#define FORKLAB_EXPLAIN_CELL_H

#include "catalogue.h"
#include "cell_plan.h"
#include "explanation.h"

/*
 * Finds the story of a cell, whose allocator that is: of plan->point, or if that is 0 of the first
 * bad point, or if there is none of the first one at which fork() waited. 0 and the story, which is
 * all zero before; 1 when the cell has neither bad point nor wait: story->search says so; -ENOMEM,
 * or -EINVAL, -EPERM or -EIO with a sentence for the user in error[size]: a mistake of his, no
 * right to trace, something broken.
 */
int explain_cell(struct explanation *explanation, const struct catalogue_allocator *allocator,
	const struct cell_plan *plan, cell_progress *progress, void *context, char *error,
	size_t size);

#endif
