#pragma once

#include "shm.h"

#include <stdbool.h>
#include <sys/types.h>

/* Forks by that method: 0 in the child, the pid in the parent, -errno. */
pid_t method_fork(enum fork_method method);

/* Whether a worker has ever forked a child of its own, and may have one now. */
bool method_forked_concurrently(void);
