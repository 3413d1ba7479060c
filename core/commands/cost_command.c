/* What a fork costs. */
#include "command.h"
#include "command_output.h"
#include "command_runners.h"
#include "cost_common.h"
#include "cost_grid.h"
#include "cost_print.h"
#include "cost_run.h"
#include "host.h"
#include "loopback_port.h"
#include "meminfo.h"
#include "plot.h"
#include "progress.h"
#include "status.h"
#include "supervisor.h"

#include <stdlib.h>

static int print(
	const struct cost_report *report, const struct options *options, struct output *output)
{
	struct print_options print_options = command_print_options(options);
	return command_commit(
		output, cost_print(output->stream, options->format, report, &print_options));
}

/* Also of a grid with a single config: each file that cannot be drawn then says why. */
static unsigned plot_files(const struct options *options)
{
	unsigned requests = options->choose.has_server ? PLOT_REQUESTS : 0;
	return PLOT_DISTRIBUTIONS | PLOT_SCALING | requests;
}

/*
 * A cell that failed in every round that it had is broken, unless the machine lacks what it needs
 * or the allocator is to blame.
 */
static int exit_status(const struct cost_report *report)
{
	for (size_t i = 0; i < report->cells; i++) {
		const struct cost_cell *cell = &report->cell[i];
		if (cell->failed && !cell->rounds && !cell->corrupt && !cell->cut && !cell->skipped)
			return STATUS_BROKEN;
	}
	return STATUS_OK;
}

static int complete(struct options *options, const struct option_error *error)
{
	return cost_check_port(options, error);
}

static int measure_and_print(
	const struct options *options, const struct cost_grid *grid, struct output *output)
{
	struct cost_report report = {0};
	struct progress progress;
	int status = STATUS_BROKEN;
	host_describe(&report.host);
	progress_begin(&progress, options);
	int failed = cost_run(&report, options, grid, &progress.hooks);
	progress_end(&progress);
	if (failed)
		status = command_error(STATUS_BROKEN, "no memory");
	else if (report.fatal[0])
		status = command_error(STATUS_USAGE, report.fatal);
	else if (!supervisor_is_gone())
		status = print(&report, options, output);
	if (status == STATUS_OK)
		status = cost_draw_plot(options, plot_files(options), &report, NULL);
	if (status == STATUS_OK)
		status = command_status(report.partial, exit_status(&report));
	cost_run_free(&report);
	return status;
}

static int run(const struct catalogue *catalogue, const struct options *options)
{
	char error[ERROR_MAX];
	struct output output = {0};
	struct cost_grid grid = {0};
	struct chosen_allocators chosen;
	int status = STATUS_USAGE;
	if (command_choose_allocators(&chosen, options, catalogue, false, error, sizeof(error)) !=
			0 ||
		cost_grid_make(&grid, options, chosen.allocator, chosen.count, meminfo_available(),
			error, sizeof(error)) != 0 ||
		!loopback_port_is_free(options->cost.port, error, sizeof(error)) ||
		cost_prepare_plot(options, plot_files(options), error, sizeof(error)) != 0 ||
		output_open(&output, options->output, error, sizeof(error)) != 0)
		(void)command_error(status, error);
	else
		status = measure_and_print(options, &grid, &output);
	output_abandon(&output);
	cost_grid_free(&grid);
	free(chosen.allocator);
	return status;
}

const struct command command_cost = {
	.name = "cost",
	.summary = "measure what a fork costs: latency, stalls, first allocations, memory",
	.about = "Measures what a fork costs with each allocator: its latency, the stalls "
		 "of the other threads, the child's first allocations, copied pages and "
		 "memory.",
	.example = {"forklab cost -a glibc,jemalloc --quick",
		"forklab cost -a glibc --threads 4,8 --heap 64M --format csv -o cost.csv"},
	.note = {{'m', "Fork methods: fork, _Fork, clone (fork)"},
		{KEY_BUDGET, "End after about that time, with fewer rounds or cells (85)"},
		{KEY_QUICK, "A small grid, in 18 s"},
		{KEY_THOROUGH, "The whole grid, with heaps up to 1G, and no budget"}},
	.option = {'m', EFFORT_OPTIONS, KEY_SEED, KEY_MEMORY, KEY_THREADS, KEY_HEAP, KEY_PAGES,
		KEY_ROUNDS, KEY_SERVER, KEY_PORT, KEY_PLOT},
	.formats = 1U << OUTPUT_TEXT | 1U << OUTPUT_JSON | 1U << OUTPUT_CSV | 1U << OUTPUT_MARKDOWN,
	.fork_only = true,
	.defaults =
		{
			[EFFORT_NORMAL] = {.budget_s = 85, .rounds = 5},
			[EFFORT_QUICK] = {.budget_s = 18, .rounds = 3},
			[EFFORT_THOROUGH] = {.rounds = 9},
		},
	.complete = complete,
	.run = run,
};
