/*
 * forklab runs as two processes, so that nothing stays behind even if one of them is killed with
 * SIGKILL. The supervisor, whose pid the user sees, only waits; the supervised process does the
 * work. Both are child subreapers. When the supervised process dies, the supervisor becomes the
 * parent of its descendants and kills them. When the supervisor dies, the supervised process gets
 * SIGTERM and cleans up.
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
