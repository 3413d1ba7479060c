/* "Did you mean …": the known word nearest to a mistyped one. Pure. */
#pragma once

#include <stddef.h>

/*
 * Returns the one of the n known words (none NULL) with the fewest typing mistakes: letters added,
 * missing, wrong or swapped with the next, ignoring case; at most one mistake for three letters.
 * Otherwise the first that begins with `word`, if that has at least two letters. Of equally near
 * words, the first. NULL: none is near.
 */
const char *suggest(const char *word, const char *const *known, size_t n);
