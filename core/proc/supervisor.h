/*
 * forklab runs as two processes, so that nothing stays behind even if one of them is killed with
 * SIGKILL. The supervisor, whose pid the user sees, only waits; the supervised process does the
 * work. Both are child subreapers. When the supervised process dies, the supervisor becomes the
 * parent of its descendants and kills them. When the supervisor dies, the supervised process is
 * interrupted and cleans up, even if it was stopped: see interrupt_when_orphaned().
 *
 * A supervised process that is stopped by itself (SIGSTOP) is continued. One that does not end
 * within half a minute after SIGINT, SIGTERM or SIGHUP is killed.
 */
#pragma once

#include <stdbool.h>

/*
 * Forks and runs `work` in the supervised process. Returns its exit status in the supervisor, or
 * -errno if it cannot be started. Call it first in main(), while the process has one thread and no
 * children.
 */
int supervisor_run(int (*work)(int argc, char **argv), int argc, char **argv);

/* The signal that killed the supervised process, after supervisor_run(); 0: it exited by itself. */
int supervisor_killed_by(void);

/* In the supervised process: true when the supervisor is gone and the result is not needed. */
bool supervisor_is_gone(void);
