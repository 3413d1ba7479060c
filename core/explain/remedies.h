/* What would have prevented it. Pure. */
#ifndef FORKLAB_REMEDIES_H
#define FORKLAB_REMEDIES_H

#include "explanation.h"

/* Adds the remedies to an otherwise complete explanation. Says only what follows from it. */
void remedies_add(struct explanation *explanation);

#endif
