/* One fork point of one cell, explained. */
#pragma once

#include "catalogue.h"
#include "cell_plan.h"
#include "explanation.h"

/*
 * Explains one point of a cell of that allocator: plan->point or, if that is 0, the first bad point
 * or, if there is none, the first point at which fork() waited. 0 with *explanation filled in,
 * which must be all zero before; 1 when the cell has neither bad point nor wait, as
 * explanation->search says; -ENOMEM; or -EINVAL (usage), -EPERM (ptrace refused) or -EIO (broken)
 * with a sentence for the user in error[size] or, if that is "",
 * the reason in explanation->failed.
 */
int explain_cell(struct explanation *explanation, const struct catalogue_allocator *allocator,
	const struct cell_plan *plan, cell_progress *progress, void *context, char *error,
	size_t size);
