/* How a long run tells its caller where it is. All calls are made by the thread that runs it. */
#pragma once

#include "cell_plan.h"

#include <stddef.h>

enum progress_stage { PROGRESS_CONTROLS, PROGRESS_CELL, PROGRESS_MEASUREMENT };

struct progress_hooks {
	/*
	 * Item `index` of `total` begins, from 1; 0 of 0: the controls. `allocator`: of a
	 * measurement, or NULL.
	 */
	void (*next)(void *context, enum progress_stage stage, size_t index, size_t total,
		const char *allocator);
	cell_progress *show; /* the cell that runs, with its counts so far */
	void (*warn)(const char *sentence);
	void *context;
};
