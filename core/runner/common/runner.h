/*
 * The runner's state. "Parent" in the comments here is the runner itself (main thread and workers),
 * "child" is what a trial forks. Functions named child_* run in the child and keep to
 * docs/child-rules.md.
 */
#pragma once

#include "allocator.h"
#include "scenario.h"
#include "shm.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Written by the main thread before any worker exists, then only read. */
struct runner {
	struct shm *shm;
	const struct scenario *scenario;
	uint32_t workers;
	pid_t pid;
	int shm_fd; /* close-on-exec; -1 unless the scenario executes the runner */
};
extern struct runner runner;

/* All scenarios of this build, sorted, NULL at the end; generated from the file names. */
extern const struct scenario *const scenario_table[];
