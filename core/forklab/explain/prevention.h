/* What would have prevented it. Pure. */
#ifndef FORKLAB_EXPLAIN_PREVENTION_H
#define FORKLAB_EXPLAIN_PREVENTION_H

#include "explain/story.h"

/* Adds the remedies to a story that is otherwise complete. Only what follows from it is said. */
void prevention_add(struct story *story);

#endif
