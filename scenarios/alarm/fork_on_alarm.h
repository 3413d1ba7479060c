/* Shared by the scenarios in which a signal handler forks. */
#ifndef FORKLAB_FORK_ON_ALARM_H
#define FORKLAB_FORK_ON_ALARM_H

#include "scenario.h"

/* scenario.setup: installs a SIGALRM handler that forks. 0 or -errno. */
int fork_on_alarm(void);

#endif
