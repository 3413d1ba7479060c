/*
 * How long it takes to measure the costs of a fork with four allocators: at most 90 s for the
 * default grid and 20 s for --quick; and how well two runs agree on the ratio of two allocators'
 * costs.
 */
#include "bench.h"

#include "cli.h"
#include "cost_run.h"
#include "interrupt.h"
#include "plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static bool measure(struct cost_report *report, const struct catalogue *catalogue, bool quick)
{
	static struct options options;
	char *argv[] = {(char *)"forklab", (char *)"cost", (char *)"--quiet", (char *)"-a",
		(char *)"glibc,jemalloc,mimalloc,tcmalloc", (char *)"--quick", NULL};
	const struct catalogue_allocator *chosen[OPTIONS_NAMES_MAX * 2];
	struct cost_grid grid;
	char error[512];
	size_t count = 0;
	if (cli_parse(quick ? 6 : 5, argv, NULL, &options, error, sizeof(error)) != CLI_PROCEED ||
		plan_allocators(&options.alloc, catalogue, chosen, &count, error, sizeof(error)) ||
		cost_grid_make(
			&grid, &options, chosen, count, UINT64_C(8) << 30, error, sizeof(error))) {
		printf("  %s\n", error);
		return false;
	}
	bool measured = cost_run(report, &options, &grid, NULL) == 0;
	cost_grid_free(&grid);
	return measured;
}

static void print_run(const struct cost_report *report, const char *what, double limit_s)
{
	size_t noisy = 0, fast = 0;
	for (size_t i = 0; i < report->cells; i++) {
		noisy += report->cell[i].estimate[COST_FORK_P50].noisy;
		fast += report->cell[i].rounds == report->rounds;
	}
	printf("  %-10s %6.1f s (at most %.0f): %zu processes, %zu of %zu cells in all rounds, "
	       "%zu with a noisy fork()\n",
		what, report->seconds, limit_s, report->order_length, fast, report->cells, noisy);
}

/* Whether the spreads of both runs' ratios to the first allocator overlap. */
static bool agrees(const struct cost_report *one, const struct cost_report *other, size_t cell,
	size_t baseline)
{
	const struct cost_estimate *a = &one->cell[cell].estimate[COST_FORK_P50];
	const struct cost_estimate *b = &one->cell[baseline].estimate[COST_FORK_P50];
	const struct cost_estimate *c = &other->cell[cell].estimate[COST_FORK_P50];
	const struct cost_estimate *d = &other->cell[baseline].estimate[COST_FORK_P50];
	return a->low / b->high <= c->high / d->low && c->low / d->high <= a->high / b->low;
}

static void print_agreement(const struct cost_report *one, const struct cost_report *other)
{
	size_t ratios = 0, agreed = 0;
	for (size_t i = 0; i < one->cells && i < other->cells; i++) {
		size_t baseline = i / 4 * 4;
		if (i == baseline || isnan(one->cell[i].estimate[COST_FORK_P50].value) ||
			isnan(other->cell[i].estimate[COST_FORK_P50].value))
			continue;
		ratios++;
		agreed += agrees(one, other, i, baseline);
	}
	printf("  two quick runs: %zu of %zu ratios of fork() to the first allocator's agree "
	       "within "
	       "their spreads\n",
		agreed, ratios);
}

void bench_costs(const struct catalogue *catalogue)
{
	struct cost_report one = {0}, other = {0}, full = {0};
	printf("\nMeasuring the costs of a fork with four allocators\n");
	if (measure(&one, catalogue, true) && measure(&other, catalogue, true)) {
		print_run(&one, "quick", 20);
		print_agreement(&one, &other);
	}
	if (!interrupt_received() && measure(&full, catalogue, false))
		print_run(&full, "default", 90);
	cost_run_free(&one);
	cost_run_free(&other);
	cost_run_free(&full);
}
