/* How a long run tells its caller where it is. All calls are made by the thread that runs it. */
#pragma once

#include "cell_plan.h"

#include <stddef.h>

enum progress_stage { PROGRESS_CONTROLS, PROGRESS_CELL, PROGRESS_MEASUREMENT };

/* An item begins. */
struct progress_place {
	enum progress_stage stage;
	size_t index, total;    /* from 1; 0 of 0: the controls */
	size_t rows_done, rows; /* of the table: allocators, done when all their cells are; 0 of 0:
				   not counted */
	const char *allocator;  /* of a measurement, or NULL */
};

struct progress_hooks {
	void (*next)(void *context, const struct progress_place *place);
	cell_progress *show; /* the cell that runs, with its counts so far */
	void (*warn)(const char *sentence);
	void *context;
};
