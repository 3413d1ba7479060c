/* Shared by the scenarios in which a signal handler forks. */
#pragma once

#include "scenario.h"

/* scenario.setup: installs a SIGALRM handler that forks. 0 or -errno. */
int fork_on_alarm(void);
