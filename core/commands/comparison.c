#include "comparison.h"

#include "command_output.h"
#include "command_runners.h"
#include "interrupt.h"
#include "plan.h"
#include "points_log.h"
#include "progress.h"
#include "report_summary.h"
#include "status.h"
#include "supervisor.h"

static int print(const struct report *report, const struct options *options, struct output *output)
{
	struct print_options print_options = command_print_options(options);
	print_options.brief = options->modes == 2 && !options->details && !options->windows;
	return command_commit(
		output, run_print(output->stream, options->format, report, &print_options));
}

static int run(const struct options *options, const struct catalogue *catalogue,
	const struct plan_list *list, campaign_audit *audit, struct output *output,
	struct output *points)
{
	struct report report;
	struct progress progress;
	int status = STATUS_BROKEN;
	progress_begin(&progress, options);
	int failed = campaign_run(&report, options, catalogue, list, audit, &progress.hooks);
	if (!failed)
		failed = report_summary_write(&report);
	progress_end(&progress);
	if (failed)
		(void)command_error(status, "no memory");
	else if (!supervisor_is_gone())
		status = print(&report, options, output);
	if (status == STATUS_OK && points->stream)
		status = command_commit(points, 0);
	if (status == STATUS_OK)
		status = command_status(interrupt_received(), campaign_status(&report, options));
	campaign_free(&report);
	return status;
}

/* Opens the file of --points, if any. 0, or -errno with a sentence in error[size]. */
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

int comparison_run(
	const struct catalogue *catalogue, const struct options *options, campaign_audit *audit)
{
	char error[ERROR_MAX];
	struct plan_list list;
	struct output output = {0}, points = {0};
	int status = STATUS_USAGE;
	if (plan_make(&list, options, catalogue, error, sizeof(error)) != 0 ||
		!command_runners_match(catalogue, &list, error, sizeof(error)) ||
		open_points(&points, options, &list, error, sizeof(error)) != 0 ||
		output_open(&output, options->output, error, sizeof(error)) != 0)
		(void)command_error(status, error);
	else
		status = run(options, catalogue, &list, audit, &output, &points);
	output_abandon(&output);
	output_abandon(&points);
	plan_free(&list);
	return status;
}
