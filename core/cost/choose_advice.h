/* The recommendation in one sentence, and how to follow it. Pure. */
#ifndef FORKLAB_CHOOSE_ADVICE_H
#define FORKLAB_CHOOSE_ADVICE_H

#include "choose_model.h"

/* Writes report->advice and report->use. */
void choose_advise(struct choose_report *report);

/* How a program gets that allocator: "link with -ljemalloc, or LD_PRELOAD=... PROGRAM". */
void choose_usage(char *out, size_t size, const struct cost_cell *cell);

#endif
