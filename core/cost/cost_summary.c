#include "cost_summary.h"

#include "stats.h"

#include <math.h>

/*
 * If the middle half of the rounds spreads more than this, the figure cannot tell allocators apart.
 * Only the middle half counts: one disturbed process does not spoil a figure, but shows in the
 * spread.
 */
static const double noisy_ratio = 2;

/* Smaller differences come from the measurement itself: some clock reads, two pages, two faults. */
static const double resolution[] = {
	[COST_NS] = 500,
	[COST_BYTES] = 8192,
	[COST_NUMBER] = 2,
	[COST_PER_SECOND] = 0,
	[COST_RATIO] = INFINITY,
};

/* The same work took that much longer in the slowest of nine cases in ten than at its fastest. */
static const double max_unevenness = 1.5;

void cost_rounds_add(
	struct cost_rounds *rounds, const struct cost_shm *shm, const struct cost_context *context)
{
	struct cost_values values;
	if (rounds->rounds == COST_ROUNDS_MAX)
		return;
	cost_values(&values, shm, context);
	for (size_t i = 0; i < COST_FIGURES; i++) {
		rounds->value[i][rounds->rounds] = values.value[i];
		if (values.why[i])
			rounds->why[i] = values.why[i];
	}
	rounds->rounds++;
	rounds->forks += cost_fork_times(shm, &rounds->fork[rounds->forks]);
	cost_histogram_add(&rounds->calm, shm->calm, context->threads ? context->threads : 1);
	cost_histogram_add(&rounds->around, shm->around, context->threads);
	if (context->server == COST_PREFORK_SERVER || context->server == COST_POOL_SERVER)
		cost_clients_add(&rounds->requests, shm);
	if (context->server == COST_SNAPSHOT_SERVER) {
		cost_histogram_add(&rounds->requests, &shm->snapshot.during, 1);
		cost_histogram_add(&rounds->calm_requests, &shm->snapshot.calm, 1);
	}
}

/* The quantiles of all samples together. */
static double pooled(struct cost_rounds *rounds, size_t figure)
{
	switch (figure) {
	case COST_FORK_P99:
		return stats_quantile(rounds->fork, rounds->forks, 0.99);
	case COST_CALM_P99:
		return cost_histogram_quantile(&rounds->calm, 0.99);
	case COST_PREFORK_P99:
	case COST_POOL_P99:
		return cost_histogram_quantile(&rounds->requests, 0.99);
	case COST_PREFORK_P999:
	case COST_POOL_P999:
		return cost_histogram_quantile(&rounds->requests, 0.999);
	default:
		return cost_histogram_quantile(&rounds->around, 0.99);
	}
}

static double value_of(struct cost_rounds *rounds, size_t figure, double *sorted, size_t count)
{
	switch (cost_figure_info(figure)->aggregate) {
	case COST_MEDIAN:
		return stats_quantile(sorted, count, 0.5);
	case COST_MAXIMUM:
		return stats_quantile(sorted, count, 1);
	default:
		return pooled(rounds, figure);
	}
}

/* A maximum has no confidence interval, and one round says nothing about others. */
static bool is_noisy(double *sorted, size_t count, size_t figure)
{
	const struct cost_figure_info *info = cost_figure_info(figure);
	if (info->aggregate != COST_MEDIAN || count < 2)
		return false;
	double low = stats_quantile(sorted, count, 0.25),
	       high = stats_quantile(sorted, count, 0.75);
	return high > noisy_ratio * low && high - low > resolution[info->unit];
}

static void summarize(struct cost_estimate *estimate, struct cost_rounds *rounds, size_t figure)
{
	double sorted[COST_ROUNDS_MAX];
	size_t count = 0;
	for (uint32_t i = 0; i < rounds->rounds; i++)
		if (!isnan(rounds->value[figure][i]))
			sorted[count++] = rounds->value[figure][i];
	*estimate = (struct cost_estimate){.value = NAN, .low = NAN, .high = NAN};
	estimate->why = rounds->why[figure] ? rounds->why[figure] : COST_WHY_NOT_MEASURED;
	if (count == 0)
		return;
	estimate->value = value_of(rounds, figure, sorted, count);
	estimate->low = stats_quantile(sorted, count, 0);
	estimate->high = stats_quantile(sorted, count, 1);
	estimate->rounds = (uint32_t)count;
	estimate->why = COST_WHY_NONE;
	estimate->noisy = is_noisy(sorted, count, figure);
}

static void fill_distributions(struct cost_distribution *all, struct cost_rounds *rounds)
{
	const struct cost_histogram *const histograms[COST_DISTRIBUTIONS] = {
		[COST_CALLS_CALM] = &rounds->calm,
		[COST_CALLS_AROUND] = &rounds->around,
		[COST_REQUESTS] = &rounds->requests,
		[COST_REQUESTS_CALM] = &rounds->calm_requests,
	};
	cost_distribution_of_times(&all[COST_FORK_TIMES], rounds->fork, rounds->forks);
	for (size_t i = 0; i < COST_DISTRIBUTIONS; i++)
		if (histograms[i])
			cost_distribution_of_histogram(&all[i], histograms[i]);
}

void cost_summarize(struct cost_cell *cell, struct cost_rounds *rounds)
{
	cell->rounds = rounds->rounds;
	for (size_t i = 0; i < COST_FIGURES; i++)
		summarize(&cell->estimate[i], rounds, i);
	fill_distributions(cell->distribution, rounds);
}

/* The median cell decides: a single disturbed one shows in its own spread. */
void cost_judge_machine(struct cost_report *report)
{
	double each[64];
	size_t count = 0, stride = report->cells / 64 + 1;
	for (size_t i = 0; i < report->cells; i += stride)
		if (report->cell[i].rounds &&
			!isnan(report->cell[i].estimate[COST_MACHINE_UNEVENNESS].value))
			each[count++] = report->cell[i].estimate[COST_MACHINE_UNEVENNESS].value;
	report->unevenness = stats_quantile(each, count, 0.5);
	report->noisy = count > 0 && report->unevenness > max_unevenness;
}
