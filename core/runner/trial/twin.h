#pragma once

#include "scenario.h"

#include <stdbool.h>
#include <sys/types.h>

/* Twins: throw-away copies of the process, for forks in a signal handler. */

/*
 * In a twin, before its handler forks: it takes the trial that forklab prepared for it and acts as
 * a runner of its own. False in the runner itself.
 */
bool twin_adopt(void);

/* In a twin, after the fork: waits for the child. */
void twin_finish_fork(struct task *interrupted, pid_t child);

/* The last allocator call of a twin, or of its child, has returned. Does not return. */
_Noreturn void twin_end(struct task *task);
