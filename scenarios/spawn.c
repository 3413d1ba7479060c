/*
 * The control: posix_spawn() instead of fork() and execve(). No handlers run, the child uses no
 * inherited lock, and nothing allocates between fork and exec: no allocator may fail here. The fork
 * method makes no difference.
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
