/*
 * Other ways of linking an allocator: a row of its own in the table only where it makes a
 * difference. Pure.
 */
#ifndef FORKLAB_VARIANTS_H
#define FORKLAB_VARIANTS_H

#include "catalogue.h"
#include "model.h"

/*
 * Takes the cells of each variant out of the report whose verdicts are all those of the allocator
 * that it is a variant of; report->folded names them. Cells without a judgement on both sides are
 * not compared; something broken is never taken out. Before the notes are written. 0 or -ENOMEM.
 */
int variants_fold(struct report *report, const struct catalogue *catalogue);

#endif
