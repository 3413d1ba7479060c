/* Colours: terminal sequences by what they mean. */
#ifndef FORKLAB_COLOR_H
#define FORKLAB_COLOR_H

#include "model.h"

#define INK_TITLE   "\033[1m"    /* bold */
#define INK_WARNING "\033[1;33m" /* bold yellow */
#define INK_END     "\033[0m"

/* Good green, bad red, undecided yellow, what was not judged dim. */
const char *ink_of(const struct cell *cell);

#endif
