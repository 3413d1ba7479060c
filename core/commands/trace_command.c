/* Every call of the trials of one cell. */
#include "command.h"
#include "command_output.h"
#include "command_runners.h"
#include "finding_text.h"
#include "host.h"
#include "interrupt.h"
#include "monotonic.h"
#include "plan.h"
#include "progress.h"
#include "runner_process.h"
#include "shm_map.h"
#include "status.h"
#include "stress.h"
#include "supervisor.h"
#include "tally.h"
#include "trace_print.h"
#include "trial_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- One trial ---- */

struct log_capture {
	struct trial_log *trial_log;
	uint64_t begin_ns;
	int error;
};

static void capture(void *context, const struct runner_process *runner)
{
	struct log_capture *capture_state = context;
	if (runner->event_log && !capture_state->trial_log->entry)
		capture_state->error = trial_log_copy(capture_state->trial_log, runner->shm,
			runner->event_log, capture_state->begin_ns, monotonic_ns());
}

static int record(struct trace_report *trace_report, const struct cell_plan *of_all,
	uint32_t number, const struct progress_hooks *hooks)
{
	struct cell_plan plan = *of_all;
	struct trial_log *trial_log = &trace_report->trial_log[trace_report->trial_logs++];
	struct log_capture capture_state = {.trial_log = trial_log, .begin_ns = monotonic_ns()};
	struct cell cell = {0};
	plan.first_trial = number;
	plan.trials = number + 1;
	plan.trace = true;
	plan.before_end = capture;
	plan.before_end_context = &capture_state;
	stress_run(&plan, &cell, hooks->show, hooks->context);
	trial_log->trial = number;
	trial_log->verdict = cell.verdict;
	trial_log->foreign = tally_foreign(&cell) > 0;
	finding_text_cell(trial_log->sentence, sizeof(trial_log->sentence), &cell);
	if (cell.version[0])
		snprintf(trace_report->version, sizeof(trace_report->version), "%s", cell.version);
	return capture_state.error;
}

static int record_all(struct trace_report *trace_report, const struct options *options,
	const struct cell_plan *plan)
{
	struct progress progress;
	uint32_t count = plan->trials - plan->first_trial;
	int error = 0;
	trace_report->trial_log = calloc(count, sizeof(*trace_report->trial_log));
	if (!trace_report->trial_log)
		return -ENOMEM;
	progress_begin(&progress, options);
	for (uint32_t i = 0; i < count && !error && !interrupt_received(); i++) {
		progress.hooks.next(&progress,
			&(struct progress_place){PROGRESS_CELL, .index = i + 1, .total = count});
		error = record(trace_report, plan, plan->first_trial + i, &progress.hooks);
	}
	progress_end(&progress);
	return error;
}

static void free_logs(struct trace_report *trace_report)
{
	for (size_t i = 0; i < trace_report->trial_logs; i++)
		trial_log_free(&trace_report->trial_log[i]);
	free(trace_report->trial_log);
}

/* ---- The command ---- */

static int status_of(const struct trace_report *trace_report, const struct options *options)
{
	bool broken = false;
	for (size_t i = 0; i < trace_report->trial_logs; i++) {
		enum verdict verdict = trace_report->trial_log[i].verdict;
		bool counts = options->fail_on_any || !trace_report->trial_log[i].foreign;
		if (options->fail_on[verdict] && counts)
			return STATUS_FAIL_ON;
		broken |= verdict == VERDICT_BROKEN;
	}
	return broken ? STATUS_BROKEN : STATUS_OK;
}

static int print(const struct trace_report *trace_report, const struct options *options,
	struct output *output)
{
	if (supervisor_is_gone())
		return STATUS_BROKEN;
	int status =
		command_commit(output, trace_print(output->stream, options->format, trace_report));
	if (status == STATUS_OK)
		status = command_status(interrupt_received(), status_of(trace_report, options));
	return status;
}

/* A trace is of one cell. */
static int plan_one_cell(struct plan_list *list, const struct options *options,
	const struct catalogue *catalogue, char *error, size_t size)
{
	if (options->alloc.count != 1 || options->alloc.all || options->scenario.count != 1 ||
		options->scenario.all) {
		snprintf(error, size,
			"trace takes one cell: name one allocator and one scenario, as in "
			"'forklab trace -a glibc -s basic'");
		return -EINVAL;
	}
	int result = plan_make(list, options, catalogue, error, size);
	if (result == 0 && list->cells != 1) {
		snprintf(
			error, size, "trace takes one cell: name one fork method, as in '-m fork'");
		return -EINVAL;
	}
	return result;
}

static int trace_and_print(
	struct plan_list *list, const struct options *options, struct output *output)
{
	struct cell_plan *plan = &list->cell[0];
	struct trace_report trace_report = {
		.allocator = plan->allocator,
		.scenario = plan->scenario,
		.method = fork_method_name(plan->method),
		.seed = options->seed,
	};
	int status;
	host_describe(&trace_report.host);
	if (record_all(&trace_report, options, plan) == 0)
		status = print(&trace_report, options, output);
	else
		status = command_error(STATUS_BROKEN, "no memory for the trace");
	free_logs(&trace_report);
	return status;
}

static int run(const struct catalogue *catalogue, const struct options *options)
{
	char error[ERROR_MAX];
	struct plan_list list = {0};
	struct output output = {0};
	int status = STATUS_USAGE;
	if (plan_one_cell(&list, options, catalogue, error, sizeof(error)) != 0 ||
		!command_runners_match(catalogue, &list, error, sizeof(error)) ||
		output_open(&output, options->output, error, sizeof(error)) != 0)
		(void)command_error(status, error);
	else
		status = trace_and_print(&list, options, &output);
	output_abandon(&output);
	plan_free(&list);
	return status;
}

/* Few trials, since each is printed in full. */
const struct command command_trace = {
	.name = "trace",
	.summary = "record calls, descriptors and heap of some trials of one cell",
	.about = "Records every call into the allocator, the open descriptors and the heap"
		 " in some random trials of one cell, with the pid before and after each "
		 "call.",
	.example = {"forklab trace -a teach-none -s basic",
		"forklab trace -a teach-none -s basic --format chrome -o trace.json"},
	.note = {{KEY_TRIALS, "Random trials (3)"}},
	.option = {CELL_OPTIONS, KEY_NO_AIM, KEY_TRIAL, KEY_TRIALS, KEY_WORKERS},
	.formats = 1U << OUTPUT_TEXT | 1U << OUTPUT_LINES | 1U << OUTPUT_CHROME,
	.mode = {MODE_STRESS},
	.modes = 1,
	.fork_only = true,
	.defaults =
		{
			[EFFORT_NORMAL] = {.trials = 3},
			[EFFORT_QUICK] = {.trials = 3},
			[EFFORT_THOROUGH] = {.trials = 3},
		},
	.run = run,
};
