/* Colours: terminal sequences by what they mean. */
#ifndef FORKLAB_COLOR_H
#define FORKLAB_COLOR_H

#include "model.h"

#define COLOR_TITLE   "\033[1m"    /* bold */
#define COLOR_WARNING "\033[1;33m" /* bold yellow */
#define COLOR_END     "\033[0m"

/* Good green, bad red, undecided yellow, what was not judged dim. */
const char *verdict_color(const struct cell *cell);

#endif
