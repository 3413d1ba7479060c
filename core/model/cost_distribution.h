/*
 * How long something took, over all samples of all rounds of a cell: as many quantiles as the
 * number of samples supports. For plots and for the JSON. Pure.
 */
#pragma once

#include "cost_shm.h"

#include <stddef.h>

enum cost_distribution_kind {
	COST_FORK_TIMES,
	COST_CALLS_CALM,   /* of the background threads, without forks */
	COST_CALLS_AROUND, /* and around forks */
	COST_REQUESTS,     /* of the prefork server; of the snapshot server, while a child writes */
	COST_REQUESTS_CALM, /* of the snapshot server, without a child */
	COST_DISTRIBUTIONS
};

/* "fork_ns": as the JSON has it. */
const char *cost_distribution_key(size_t distribution);

enum { COST_LEVELS = 41 };

/*
 * The levels, ascending from 0 to less than 1. They lie closer together towards 1, where the rare
 * samples are: as many between 0.9 and 0.99 as between 0.99 and 0.999.
 */
double cost_level(size_t level);

struct cost_distribution {
	uint64_t count; /* samples; 0: the rest is undefined */
	double max;     /* ns */
	/*
	 * ns; ascending. NAN from the first level that the samples are too few for; only the
	 * maximum lies beyond it.
	 */
	double at[COST_LEVELS];
};

/* Of so many times in ns, none of them NaN. Sorts them. */
void cost_distribution_of_times(struct cost_distribution *to, double *times, size_t count);

/* Of a histogram, as cost_histogram_add() makes one. */
void cost_distribution_of_histogram(
	struct cost_distribution *to, const struct cost_histogram *histogram);
