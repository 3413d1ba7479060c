/* What the worst verdict of a cell means for a program. Pure. */
#pragma once

#include "model.h"

/* "child can hang forever": to follow "the" or an allocator's name. A literal. */
const char *consequence(const struct cell *cell);
