#ifndef FORKLAB_COST_HANDLERS_H
#define FORKLAB_COST_HANDLERS_H

#include <stdbool.h>

/* Whether the runner's own atfork handlers were registered before all others. */
bool cost_handlers_outermost(void);

#endif
