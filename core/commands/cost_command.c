#include "cost_command.h"

#include "cost_grid.h"
#include "cost_print.h"
#include "cost_run.h"
#include "host.h"
#include "interrupt.h"
#include "loopback_port.h"
#include "meminfo.h"
#include "output.h"
#include "plan.h"
#include "plot.h"
#include "status.h"
#include "supervisor.h"
#include "terminal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ERROR_MAX = 1024 };

static int report_error(int status, const char *error)
{
	fprintf(stderr, "forklab: %s\n", error);
	return status;
}

static int print(
	const struct cost_report *report, const struct options *options, struct output *output)
{
	char error[ERROR_MAX];
	struct print_options print_options = terminal_print_options(options);
	if (cost_print(output->stream, options->format, report, &print_options) != 0) {
		output_abandon(output);
		return report_error(STATUS_BROKEN, "the result cannot be written");
	}
	if (output_commit(output, error, sizeof error) != 0)
		return report_error(STATUS_BROKEN, error);
	return STATUS_OK;
}

/* A grid of one place is one, too: each file that is missing then says why. */
static struct plot plot_of(const struct options *options)
{
	unsigned requests = options->choose.has_server ? PLOT_REQUESTS : 0;
	return (struct plot){options->plot_dir, PLOT_DISTRIBUTIONS | PLOT_SCALING | requests};
}

static int prepare_plot(const struct options *options, char *error, size_t size)
{
	const struct plot plot = plot_of(options);
	return options->plot_dir ? plot_prepare(&plot, error, size) : 0;
}

static int draw(const struct cost_report *report, const struct options *options)
{
	const struct plot plot = plot_of(options);
	char error[ERROR_MAX];
	if (!options->plot_dir)
		return STATUS_OK;
	int status = plot_draw(&plot, report, NULL, stderr, options->quiet, error, sizeof error);
	if (status != 0)
		report_error(STATUS_BROKEN, error);
	return status == -EINTR ? STATUS_SIGNAL + interrupt_signal()
	       : status         ? STATUS_BROKEN
				: STATUS_OK;
}

/*
 * A cell that was measured in no round at all, though its turn came, is broken; unless it is known
 * what this machine does not have, or what is wrong with the allocator.
 */
static int exit_status(const struct cost_report *report)
{
	for (size_t i = 0; i < report->cells; i++) {
		const struct cost_cell *cell = &report->cell[i];
		if (cell->failed && !cell->rounds && !cell->corrupt && !cell->skipped)
			return STATUS_BROKEN;
	}
	return STATUS_OK;
}

static int run(const struct options *options, const struct cost_grid *grid, struct output *output)
{
	struct cost_report report = {0};
	int status = STATUS_BROKEN;
	host_describe(&report.host);
	if (cost_run(&report, options, grid) != 0)
		status = report_error(STATUS_BROKEN, "no memory");
	else if (report.fatal[0])
		status = report_error(STATUS_USAGE, report.fatal);
	else if (!supervisor_is_gone())
		status = print(&report, options, output);
	if (status == STATUS_OK)
		status = draw(&report, options);
	if (status == STATUS_OK)
		status = report.partial ? STATUS_SIGNAL + interrupt_signal() : exit_status(&report);
	cost_run_free(&report);
	return status;
}

static bool runners_fit(
	const struct catalogue_allocator *const *chosen, size_t count, char *error, size_t size)
{
	for (size_t i = 0; i < count; i++)
		if (!catalogue_runner_matches(chosen[i], error, size))
			return false;
	return true;
}

int cost_command(const struct catalogue *catalogue, const struct options *options)
{
	char error[ERROR_MAX];
	struct output output = {0};
	struct cost_grid grid = {0};
	size_t count = 0;
	int status = STATUS_USAGE;
	const struct catalogue_allocator **chosen = calloc(
		catalogue->allocators + OPTIONS_NAMES_MAX, sizeof(struct catalogue_allocator *));
	if (!chosen)
		return report_error(STATUS_BROKEN, "no memory");
	if (plan_allocators(&options->alloc, catalogue, chosen, &count, error, sizeof error) != 0)
		status = report_error(status, error);
	else {
		count = plan_without_variants(&options->alloc, chosen, count);
		if (cost_grid_make(&grid, options, chosen, count, meminfo_available(), error,
			    sizeof error) != 0 ||
			!runners_fit(chosen, count, error, sizeof error) ||
			!loopback_port_is_free(options->cost.port, error, sizeof error) ||
			prepare_plot(options, error, sizeof error) != 0 ||
			output_open(&output, options->output, error, sizeof error) != 0)
			status = report_error(status, error);
		else
			status = run(options, &grid, &output);
	}
	output_abandon(&output);
	cost_grid_free(&grid);
	free(chosen);
	return status;
}
