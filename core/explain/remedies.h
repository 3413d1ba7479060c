/* What would have prevented it. Pure. */
#ifndef FORKLAB_REMEDIES_H
#define FORKLAB_REMEDIES_H

#include "explanation.h"

/* Adds the remedies to a story that is otherwise complete. Only what follows from it is said. */
void remedies_add(struct explanation *explanation);

#endif
