/* Notes on names that are missing in an explanation. Pure. */
#ifndef FORKLAB_DEBUGINFO_NOTES_H
#define FORKLAB_DEBUGINFO_NOTES_H

#include "explanation.h"

/*
 * Adds a note for each file whose symbols or source lines are missing, with the package that has
 * them.
 */
void debuginfo_notes_add(struct explanation *explanation);

#endif
