/*
 * The control: posix_spawn() instead of fork() and execve(). No handlers run, no lock is copied for
 * later use, and nothing allocates between the two: no allocator may fail here, whatever the
 * threads do. The fork method makes no difference.
 */
#include "scenario.h"

const struct scenario scenario_spawn = {
	.name = "spawn",
	.summary = "posix_spawn() of a program while threads allocate: the safe way, for all",
	.forker = FORKER_MAIN,
	.optional = true,
	.execs = true,
	.work = lab_mixed_work,
	.fork = lab_spawn,
	.child = lab_child_steps,
};
