/*
 * Everything that descends from this process. With PR_SET_CHILD_SUBREAPER set, whatever was left
 * behind by its parent becomes our child, so the tree below us is complete, whatever a process
 * under test does with sessions, signals and descriptors.
 */
#ifndef FORKLAB_DESCENDANTS_H
#define FORKLAB_DESCENDANTS_H

#include <sys/types.h>

/* Sets PR_SET_CHILD_SUBREAPER. Once, before the first runner. 0 or -errno. */
int descendants_become_subreaper(void);

/*
 * Kills all descendants and reaps them, again and again until none is left or two seconds are over
 * (a process may be stuck in the kernel). Returns the number that is left, normally 0.
 */
int descendants_kill(void);

/*
 * Children of ours that are neither `expected` nor its: left behind by a process under test.
 * Dead ones are reaped on the way. Writes up to `max` pids and returns how many there are.
 */
int descendants_orphans(pid_t expected, pid_t *pids, int max);

/* Kills one process and everything below it, and reaps what is ours. */
void descendants_kill_tree(pid_t root);

#endif
