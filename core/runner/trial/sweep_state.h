#pragma once

#include "scenario.h"

#include <stdbool.h>

/* What the plan says about a sweep. Any thread, parent or child. */

/* True when this process is being swept. */
bool sweep_on(void);

/*
 * True in the bench's lower bound for a sweep: nothing is stepped, and trials are made in the heap
 * that sweep_run_baseline() leaves, the one at the end of the sequence.
 */
bool sweep_is_baseline(void);

/* What a child does: the sequence's own function, or the scenario's. */
void (*sweep_child(void))(struct task *me);

/* Whether the interrupted call is completed in the child; only if there is one. */
bool sweep_resumes(void);
