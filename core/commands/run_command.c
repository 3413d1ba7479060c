/* The comparison table: run, stress and sweep. */
#include "run_command.h"

#include "audit_cells.h"
#include "campaign.h"
#include "interrupt.h"
#include "output.h"
#include "plan.h"
#include "points_log.h"
#include "printer.h"
#include "status.h"
#include "supervisor.h"
#include "terminal.h"

#include <stdio.h>
#include <string.h>

enum { ERROR_MAX = 1024 };

static int print_report(
	const struct report *report, const struct options *options, struct output *output)
{
	char error[ERROR_MAX];
	struct print_options print_options = terminal_print_options(options);
	if (printer_find(options->format)->print(output->stream, report, &print_options) != 0) {
		output_abandon(output);
		fprintf(stderr, "forklab: the result cannot be written\n");
		return STATUS_BROKEN;
	}
	if (output_commit(output, error, sizeof error) != 0) {
		fprintf(stderr, "forklab: %s\n", error);
		return STATUS_BROKEN;
	}
	return STATUS_OK;
}

static int commit_points(struct output *points)
{
	char error[ERROR_MAX];
	if (!points->stream || output_commit(points, error, sizeof error) == 0)
		return STATUS_OK;
	fprintf(stderr, "forklab: %s\n", error);
	return STATUS_BROKEN;
}

static int run(const struct options *options, const struct catalogue *catalogue,
	const struct plan_list *list, struct output *output, struct output *points)
{
	struct report report;
	int status = STATUS_BROKEN;
	if (campaign_run(&report, options, catalogue, list,
		    options->command == COMMAND_RUN ? audit_cells : NULL) != 0)
		fprintf(stderr, "forklab: no memory\n");
	else if (supervisor_is_gone())
		output_abandon(output);
	else
		status = print_report(&report, options, output);
	if (status == STATUS_OK)
		status = commit_points(points);
	output_abandon(points);
	if (status == STATUS_OK)
		status = interrupt_received() ? STATUS_SIGNAL + interrupt_signal()
					      : campaign_status(&report, options);
	campaign_free(&report);
	return status;
}

/* Every runner of the plan is there and of this build; asked once each, before anything is
 * measured. */
static bool runners_fit(
	const struct catalogue *catalogue, const struct plan_list *list, char *error, size_t size)
{
	for (size_t i = 0; i < list->cells; i++) {
		bool seen = false;
		for (size_t j = 0; j < i && !seen; j++)
			seen = strcmp(list->cell[j].allocator, list->cell[i].allocator) == 0;
		if (!seen &&
			!catalogue_runner_matches(
				catalogue_find(catalogue, list->cell[i].allocator), error, size))
			return false;
	}
	return true;
}

/* The file for the fork points, if one is wanted. 0 or -errno, with one sentence in error. */
static int open_points(struct output *points, const struct options *options, struct plan_list *list,
	char *error, size_t size)
{
	if (!options->points)
		return 0;
	int status = output_open(points, options->points, error, size);
	if (status != 0)
		return status;
	points_log_begin(points->stream);
	for (size_t i = 0; i < list->cells; i++)
		list->cell[i].points = points->stream;
	return 0;
}

int run_command(const struct catalogue *catalogue, const struct options *options)
{
	char error[ERROR_MAX];
	struct plan_list list;
	struct output output = {0}, points = {0};
	int status = STATUS_USAGE;
	if (plan_make(&list, options, catalogue, error, sizeof error) != 0 ||
		!runners_fit(catalogue, &list, error, sizeof error) ||
		open_points(&points, options, &list, error, sizeof error) != 0 ||
		output_open(&output, options->output, error, sizeof error) != 0)
		fprintf(stderr, "forklab: %s\n", error);
	else
		status = run(options, catalogue, &list, &output, &points);
	output_abandon(&points);
	plan_free(&list);
	return status;
}
