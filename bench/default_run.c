/*
 * The default run as a user sees it: with a new store, again with the full one, and against the sum
 * of its cells one after the other. And each default allocator's sweep: points per second, and what
 * a bare child costs it.
 */
#include "bench.h"

#include "audit_cells.h"
#include "campaign.h"
#include "cli.h"
#include "interrupt.h"
#include "plan.h"
#include "stress.h"
#include "sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FORKS = 400, DEADLINE_S = 10 };

static void run_row(const struct catalogue *catalogue, const char *store, const char *what)
{
	static struct options options;
	char error[512];
	char *argv[] = {(char *)"forklab", (char *)"run", (char *)"--quiet", (char *)"--store",
		(char *)store, NULL};
	struct plan_list list;
	struct report report;
	if (cli_parse(5, argv, NULL, &options, error, sizeof(error)) != CLI_PROCEED ||
		plan_make(&list, &options, catalogue, error, sizeof(error)) != 0) {
		printf("  %s\n", error);
		return;
	}
	if (campaign_run(&report, &options, catalogue, &list, audit_cells, NULL) == 0) {
		size_t cut = 0, reused = 0;
		double sum_s = 0;
		for (size_t i = 0; i < report.cells; i++) {
			cut += report.cell[i].cut;
			reused += report.cell[i].reused != 0;
			sum_s += report.cell[i].reused ? 0 : report.cell[i].seconds;
		}
		printf("  %-16s %6.1f s; its cells one after the other %6.1f s; %zu cells, %zu "
		       "reused, %zu cut by the budget\n",
			what, report.seconds, sum_s, report.cells, reused, cut);
		fflush(stdout);
		campaign_free(&report);
	}
	plan_free(&list);
}

void bench_default_run(const struct catalogue *catalogue)
{
	char directory[] = "/tmp/forklab-bench.XXXXXX", store[sizeof(directory) + 16];
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
	if (!mkdtemp(directory)) {
		printf("\nThe default run: no temporary directory\n");
		return;
	}
	snprintf(store, sizeof(store), "%s/store", directory);
	printf("\nThe default run, and the sum of the seconds of the cells that it measured\n");
	run_row(catalogue, store, "with a new store");
	if (!interrupt_received())
		run_row(catalogue, store, "again");
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char path[sizeof(store) + 16];
		snprintf(path, sizeof(path), "%s%s", store, suffixes[i]);
		(void)unlink(path);
	}
	(void)rmdir(directory);
}

/* ---- Points per second ---- */

static void points_row(const struct catalogue_allocator *allocator)
{
	static struct cell cell;
	struct cell_plan plan = {
		.allocator = allocator->name,
		.scenario = "basic",
		.method = METHOD_FORK,
		.runner = allocator->runner,
		.mode = MODE_SWEEP,
		.seed = plan_seed(1, "", "basic", ""),
		.workers = 1,
		.deadline_s = DEADLINE_S,
	};
	memset(&cell, 0, sizeof(cell));
	sweep_run(&plan, &cell, NULL, NULL);
	free(cell.sweep.window);
	double seconds = cell.seconds;
	uint32_t points = cell.sweep.points;
	plan.mode = MODE_BASELINE;
	plan.sweep_baseline = true;
	plan.trials = FORKS;
	memset(&cell, 0, sizeof(cell));
	stress_run(&plan, &cell, NULL, NULL);
	printf("  %-18s %6u points %7.2f s %8.0f points/s", allocator->name, points, seconds,
		seconds > 0 ? points / seconds : 0);
	if (cell.trial_median_ms > 0)
		printf("   bare child %7.3f ms\n", cell.trial_median_ms);
	else
		printf("   no bare child was ok\n");
	fflush(stdout);
}

void bench_points(const struct catalogue *catalogue)
{
	printf("\nA sweep of basic, fork: points per second; and a fork with its child's work, "
	       "_exit and\n"
	       "wait in the same runner, not stepped: median of %d\n",
		FORKS);
	for (size_t i = 0; i < catalogue->allocators && !interrupt_received(); i++) {
		const struct catalogue_allocator *allocator = &catalogue->allocator[i];
		if (allocator->built && allocator->kind == ALLOCATOR_REAL)
			points_row(allocator);
	}
}
