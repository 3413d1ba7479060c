#pragma once

#include <stdbool.h>

/* Whether the runner's own atfork handlers were registered before all others. */
bool cost_handlers_outermost(void);
