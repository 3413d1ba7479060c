/* The line on standard error that shows where a run is, when that is a terminal. */
#ifndef FORKLAB_PROGRESS_H
#define FORKLAB_PROGRESS_H

#include "stress.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	bool shown;
	uint64_t begin_ns, last_ns;
	size_t index, total;
	const char *what;
};

/* Starts; nothing is ever shown unless `wanted` and standard error is a terminal. */
void progress_begin(struct progress *progress, bool wanted);

/* The controls are under way; then cell `index` of `total`. */
void progress_controls(struct progress *progress);
void progress_next(
	struct progress *progress, const struct cell_plan *plan, size_t index, size_t total);

/* A round of the command cost is under way, the index-th of `total`, of that allocator. */
void progress_cost(struct progress *progress, const char *allocator, size_t index, size_t total);

/* A cell_progress: shows the counts so far, some times a second. `context` is the progress. */
void progress_show(const struct cell *cell, void *context);

/* Removes the line. */
void progress_end(struct progress *progress);

#endif
