/* What a reader should know about names that are missing in a story. Pure. */
#ifndef FORKLAB_EXPLAIN_NOTES_H
#define FORKLAB_EXPLAIN_NOTES_H

#include "explain/story.h"

/* Adds a note for each file whose symbols or source lines are missing, with what brings them. */
void notes_add(struct story *story);

#endif
