/* The progress line on standard error. */
#pragma once

#include "options.h"
#include "progress_hooks.h"

struct progress {
	bool shown;
	uint64_t begin_ns, last_ns;
	double budget_s; /* 0: none */
	struct progress_place place;
	struct progress_hooks hooks; /* for what runs, until progress_end() */
};

/* Starts. Shows nothing if the options say so or standard error is not a terminal. */
void progress_begin(struct progress *progress, const struct options *options);

/* Removes the line. */
void progress_end(struct progress *progress);
