/* What each sweep went through and, if asked for, its windows: for a terminal. */
#ifndef FORKLAB_SWEEP_TABLES_H
#define FORKLAB_SWEEP_TABLES_H

#include "model.h"
#include "wrap.h"

/*
 * Prints a paragraph for each sweep of the report, and below it a table of its windows if the
 * report's options ask for them: on paper that is too narrow (not if `limited` is false) a
 * paragraph for each window. Nothing if there is no sweep.
 *
 * Returns 0 or -ENOMEM; errors of the stream stay in the stream.
 */
int sweep_tables_print(const struct text_out *text_out, const struct report *report, bool limited);

#endif
