/*
 * Two processes, so that nothing stays behind even when one of them is killed with SIGKILL. The
 * outer one (the pid that the user sees) only waits; the inner one does all the work. Both are
 * reapers of their descendants: when the inner one dies, everything below it falls to the outer
 * one, which kills it; when the outer one dies, the inner one gets SIGTERM, and cleans up itself.
 */
#ifndef FORKLAB_SUPERVISOR_H
#define FORKLAB_SUPERVISOR_H

#include <stdbool.h>

/*
 * Forks and runs `work` in the inner process. Returns its exit status in the outer one, or -errno
 * if it cannot be started. Call it first in main(), while the process has one thread and no other
 * child.
 */
int supervisor_run(int (*work)(int argc, char **argv), int argc, char **argv);

/* Inner process: true when the outer one is gone; nothing waits for a result any more. */
bool supervisor_is_gone(void);

#endif
