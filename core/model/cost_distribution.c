#include "cost_distribution.h"

#include "cost_figures.h"
#include "stats.h"

#include <math.h>
#include <stdbool.h>

static const char *const keys[COST_DISTRIBUTIONS] = {
	[COST_FORK_TIMES] = "fork_ns",
	[COST_CALLS_CALM] = "call_ns",
	[COST_CALLS_AROUND] = "stall_call_ns",
	[COST_REQUESTS] = "request_ns",
	[COST_REQUESTS_CALM] = "calm_request_ns",
};

static const double levels[COST_LEVELS] = {0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85,
	0.9, 0.925, 0.95, 0.965, 0.975, 0.985, 0.99, 0.9925, 0.995, 0.9965, 0.9975, 0.9985, 0.999,
	0.99925, 0.9995, 0.99965, 0.99975, 0.99985, 0.9999, 0.999925, 0.99995, 0.999965, 0.999975,
	0.999985, 0.99999, 0.9999925, 0.999995, 0.9999965, 0.9999975, 0.9999985};

const char *cost_distribution_key(size_t distribution)
{
	return keys[distribution];
}

double cost_level(size_t level)
{
	return levels[level];
}

/* With n samples, every quantile above 1 - 1/n is the maximum. */
static bool has_enough_samples(double level, uint64_t count)
{
	return (1 - level) * (double)count > 1;
}

void cost_distribution_of_times(struct cost_distribution *to, double *times, size_t count)
{
	*to = (struct cost_distribution){.count = count, .max = stats_quantile(times, count, 1)};
	for (size_t i = 0; i < COST_LEVELS; i++)
		to->at[i] = has_enough_samples(levels[i], count)
				    ? stats_quantile(times, count, levels[i])
				    : NAN;
}

/* The middle of the last bucket may exceed the maximum, which is exact. */
void cost_distribution_of_histogram(
	struct cost_distribution *to, const struct cost_histogram *histogram)
{
	*to = (struct cost_distribution){
		.count = histogram->count, .max = (double)histogram->longest};
	for (size_t i = 0; i < COST_LEVELS; i++)
		to->at[i] = has_enough_samples(levels[i], histogram->count)
				    ? fmin(cost_histogram_quantile(histogram, levels[i]), to->max)
				    : NAN;
}
