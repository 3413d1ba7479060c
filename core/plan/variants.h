/*
 * Variants are differently linked builds of an allocator. They get a row of their own in the table
 * only where that makes a difference. Pure.
 */
#pragma once

#include "catalogue.h"
#include "model.h"

/*
 * Removes the cells of each variant whose verdicts all equal those of its allocator; report->folded
 * names them. Cells without a verdict on both sides are not compared; a broken one is never
 * removed. Called before the notes are written. 0 or -ENOMEM.
 */
int variants_fold(struct report *report, const struct catalogue *catalogue);
