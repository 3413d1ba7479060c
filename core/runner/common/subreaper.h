#pragma once

#include <sys/types.h>

/* Makes the runner the child subreaper of its descendants. Main thread, once. */
void subreaper_enable(void);

/*
 * Kills the orphans of the child that was just reaped. Returns the pid of one of them, or 0. Main
 * thread, while the runner has no other child.
 */
pid_t subreaper_kill_orphans(void);
