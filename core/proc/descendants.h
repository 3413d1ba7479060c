/*
 * The descendants of this process. As a child subreaper it becomes the parent of every orphan below
 * it, so the tree is complete whatever a process under test does with sessions and signals.
 */
#pragma once

#include <sys/types.h>

/* Sets PR_SET_CHILD_SUBREAPER. Once, before the first runner. 0 or -errno. */
int descendants_become_subreaper(void);

/*
 * Kills and reaps all descendants. Returns the number of children left, normally 0; after two
 * seconds it gives up (a process may be stuck in the kernel).
 */
int descendants_kill(void);

/*
 * Orphans that a process under test has left: all children of this process but `expected`. Reaps
 * the dead ones. Writes up to `max` pids and returns how many there are.
 */
int descendants_orphans(pid_t expected, pid_t *pids, int max);

/* Kills a child process and all its descendants; reaps the child if it is dead at once. */
void descendants_kill_tree(pid_t root);
