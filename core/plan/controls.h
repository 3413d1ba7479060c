/*
 * The controls: teaching allocators with known answers, tried at the start of every run. A run that
 * misses a known hang, or blames an allocator known to be good, says so instead of printing zeros.
 */
#pragma once

#include "catalogue.h"
#include "cell_plan.h"
#include "options.h"

/*
 * Runs all controls whose allocators are built. Allocates report->control; sets controls_ran and
 * controls_passed. 0 or -ENOMEM.
 */
int controls_run(struct report *report, const struct options *options,
	const struct catalogue *catalogue, cell_progress *progress, void *context);
