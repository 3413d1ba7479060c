#include "trace_command.h"

#include "host.h"
#include "interrupt.h"
#include "monotonic.h"
#include "output.h"
#include "plan.h"
#include "progress.h"
#include "runner_process.h"
#include "status.h"
#include "stress.h"
#include "supervisor.h"
#include "trace_print.h"
#include "trial_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ERROR_MAX = 1024 };

static int complain_and(int status, const char *error)
{
	fprintf(stderr, "forklab: %s\n", error);
	return status;
}

/* ---- One trial ---- */

struct taking {
	struct recording *recording;
	uint64_t begin_ns;
	int error;
};

static void take(void *context, const struct spawned *runner)
{
	struct taking *taking = context;
	if (runner->trace && !taking->recording->entry)
		taking->error = recording_take(taking->recording, runner->page, runner->trace,
			taking->begin_ns, monotonic_ns());
}

static int record(struct tracing *tracing, const struct cell_plan *of_all, uint32_t number,
	cell_progress *progress, void *context)
{
	struct cell_plan plan = *of_all;
	struct recording *recording = &tracing->recording[tracing->recordings++];
	struct taking taking = {.recording = recording, .begin_ns = monotonic_ns()};
	struct cell cell = {0};
	plan.first_trial = number;
	plan.trials = number + 1;
	plan.trace = true;
	plan.before_end = take;
	plan.before_end_context = &taking;
	cell_run(&plan, &cell, progress, context);
	recording->trial = number;
	recording->verdict = cell.verdict;
	if (cell.has_finding)
		snprintf(recording->sentence, sizeof recording->sentence, "%s",
			cell.finding.sentence);
	else if (cell.why[0])
		snprintf(recording->sentence, sizeof recording->sentence, "%s", cell.why);
	if (cell.version[0])
		snprintf(tracing->version, sizeof tracing->version, "%s", cell.version);
	return taking.error;
}

static int record_all(
	struct tracing *tracing, const struct options *options, const struct cell_plan *plan)
{
	struct progress progress;
	uint32_t count = plan->trials - plan->first_trial;
	int error = 0;
	tracing->recording = calloc(count, sizeof *tracing->recording);
	if (!tracing->recording)
		return -ENOMEM;
	progress_begin(&progress, !options->quiet);
	for (uint32_t i = 0; i < count && !error && !interrupt_came(); i++) {
		progress_next(&progress, plan, i + 1, count);
		error = record(tracing, plan, plan->first_trial + i, progress_show, &progress);
	}
	progress_end(&progress);
	return error;
}

static void forget(struct tracing *tracing)
{
	for (size_t i = 0; i < tracing->recordings; i++)
		recording_free(&tracing->recording[i]);
	free(tracing->recording);
}

/* ---- The command ---- */

static int status_of(const struct tracing *tracing, const struct options *options)
{
	bool broken = false;
	for (size_t i = 0; i < tracing->recordings; i++) {
		enum verdict verdict = tracing->recording[i].verdict;
		if (options->fail_on[verdict])
			return STATUS_FAIL_ON;
		broken |= verdict == VERDICT_BROKEN;
	}
	return broken ? STATUS_BROKEN : STATUS_OK;
}

static int print(
	const struct tracing *tracing, const struct options *options, struct output *output)
{
	char error[ERROR_MAX];
	if (guard_orphaned()) {
		output_abandon(output);
		return STATUS_BROKEN;
	}
	if (trace_print(output->stream, options->format, tracing) != 0) {
		output_abandon(output);
		return complain_and(STATUS_BROKEN, "the trace cannot be written");
	}
	if (output_commit(output, error, sizeof error) != 0)
		return complain_and(STATUS_BROKEN, error);
	if (interrupt_came())
		return STATUS_SIGNAL + interrupt_signal();
	return status_of(tracing, options);
}

/* One cell: a trace is a story, not a table. */
static int choose(struct plan_list *list, const struct options *options,
	const struct catalogue *catalogue, char *error, size_t size)
{
	if (options->alloc.count != 1 || options->alloc.all || options->scenario.count != 1 ||
		options->scenario.all) {
		snprintf(error, size,
			"trace shows one cell: name one allocator and one scenario, as in "
			"'forklab trace -a glibc -s basic'");
		return -EINVAL;
	}
	int result = plan_make(list, options, catalogue, error, size);
	if (result == 0 && list->cells != 1) {
		snprintf(
			error, size, "trace shows one cell: name one fork method, as in '-m fork'");
		return -EINVAL;
	}
	return result;
}

int trace_command(const struct catalogue *catalogue, const struct options *options)
{
	char error[ERROR_MAX];
	struct plan_list list = {0};
	struct output output = {0};
	struct tracing tracing = {0};
	int status = STATUS_USAGE;
	if (choose(&list, options, catalogue, error, sizeof error) != 0 ||
		!catalogue_runner_fits(
			catalogue_find(catalogue, list.cell[0].allocator), error, sizeof error) ||
		output_open(&output, options->output, error, sizeof error) != 0) {
		plan_free(&list);
		return complain_and(status, error);
	}
	tracing.allocator = list.cell[0].allocator;
	tracing.scenario = list.cell[0].scenario;
	tracing.method = list.cell[0].method_name;
	tracing.seed = options->seed;
	host_describe(&tracing.host);
	if (record_all(&tracing, options, &list.cell[0]) == 0) {
		status = print(&tracing, options, &output);
	} else {
		output_abandon(&output);
		status = complain_and(STATUS_BROKEN, "no memory for the trace");
	}
	forget(&tracing);
	plan_free(&list);
	return status;
}
