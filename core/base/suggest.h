/* "did you mean …": the known word that a mistyped one is nearest to. Pure. */
#ifndef FORKLAB_SUGGEST_H
#define FORKLAB_SUGGEST_H

#include <stddef.h>

/*
 * The one of the n known words (none of them NULL) that `word` was most likely meant to be: the one
 * within the fewest typing mistakes (a letter too many, too few, wrong, or two swapped; upper and
 * lower case count as the same), at most one mistake for every three letters; else the first that
 * begins with `word`, if that has two letters or more. Of equally near words the first is taken.
 *
 * Returns a pointer from `known`, or NULL when nothing is near.
 */
const char *suggest(const char *word, const char *const *known, size_t n);

#endif
