/* One fork point in full. */
#include "command.h"
#include "command_output.h"
#include "command_runners.h"
#include "explain_cell.h"
#include "explain_print.h"
#include "finding_text.h"
#include "interrupt.h"
#include "plan.h"
#include "progress.h"
#include "status.h"
#include "supervisor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Printing ---- */

static int print(
	const struct explanation *explanation, const struct options *options, struct output *output)
{
	struct print_options print_options = command_print_options(options);
	int status = explain_print(output->stream, options->format, explanation, &print_options);
	if (status == -ENOENT)
		return command_error(STATUS_USAGE, "--format svg needs the program dot: install "
						   "graphviz, or use --format dot");
	if (status == -EPROTO || status == -ETIMEDOUT)
		return command_error(STATUS_BROKEN,
			"dot (graphviz) failed to draw the graph; --format dot prints its input");
	if (status == -EINTR)
		return STATUS_SIGNAL + interrupt_signal();
	return command_commit(output, status);
}

/* ---- Cells ---- */

static int exit_status(int result)
{
	switch (result) {
	case 0:
	case 1:
		return STATUS_OK;
	case -EINVAL:
		return STATUS_USAGE;
	case -EINTR:
		return STATUS_SIGNAL + interrupt_signal();
	default:
		return STATUS_BROKEN;
	}
}

/* Prefers the first method with a finding, then the first where fork() waited, then the first. */
static bool is_better(const struct explanation *explanation, int result,
	const struct explanation *best, int best_result)
{
	bool bad = result == 0 && verdict_is_bad(explanation->verdict);
	bool best_bad = best_result == 0 && verdict_is_bad(best->verdict);
	return bad != best_bad ? bad : result < best_result;
}

static int best_of_methods(const struct catalogue *catalogue, const struct plan_list *list,
	struct explanation *best, struct progress *progress, char *error, size_t size)
{
	enum { NONE = 2 };
	int best_result = NONE;
	struct explanation *explanation = malloc(sizeof(*explanation));
	if (!explanation)
		return -ENOMEM;
	for (size_t i = 0; i < list->cells; i++) {
		memset(explanation, 0, sizeof(*explanation));
		progress->hooks.next(progress, &(struct progress_place){PROGRESS_CELL,
						       .index = i + 1, .total = list->cells});
		int result = explain_cell(explanation,
			catalogue_find(catalogue, list->cell[i].allocator), &list->cell[i],
			progress->hooks.show, progress, error, size);
		if (result < 0) {
			if (!*error)
				finding_text_cell(error, size, &explanation->failed);
			best_result = result;
			break;
		}
		if (is_better(explanation, result, best, best_result)) {
			*best = *explanation;
			best_result = result;
		}
		if (best_result == 0 && verdict_is_bad(best->verdict))
			break;
	}
	free(explanation);
	return best_result;
}

static int explain_and_print(const struct catalogue *catalogue, const struct plan_list *list,
	const struct options *options, struct output *output)
{
	char error[ERROR_MAX] = "no memory";
	struct progress progress;
	struct explanation *explanation = calloc(1, sizeof(*explanation));
	if (!explanation)
		return command_error(STATUS_BROKEN, error);
	progress_begin(&progress, options);
	int result = best_of_methods(catalogue, list, explanation, &progress, error, sizeof(error));
	progress_end(&progress);
	int status = exit_status(result);
	if (result < 0)
		(void)command_error(status, error);
	else if (!supervisor_is_gone())
		status = print(explanation, options, output);
	free(explanation);
	return status;
}

/* ---- The command line ---- */

/* Explains the preloaded allocator, not the baseline that tables compare it with. */
static void drop_baseline(struct plan_list *list, const struct options *options)
{
	size_t kept = 0;
	if (options->preloads == 0 || options->alloc.count > 0 || options->alloc.all)
		return;
	for (size_t i = 0; i < list->cells; i++)
		if (list->cell[i].preload_options)
			list->cell[kept++] = list->cell[i];
	list->cells = kept;
}

/* One cell, by one of its methods. 0, or -EINVAL with a sentence in error[size]. */
static int check_choice(
	const struct plan_list *list, const struct options *options, char *error, size_t size)
{
	if (list->cells > 0 && list->cells <= options->methods)
		return 0;
	snprintf(error, size,
		"explain takes one cell: name one allocator with -a and one scenario with -s");
	return -EINVAL;
}

static int make_plan(struct plan_list *list, const struct options *options,
	const struct catalogue *catalogue, char *error, size_t size)
{
	int status = plan_make(list, options, catalogue, error, size);
	if (status != 0)
		return status;
	drop_baseline(list, options);
	return check_choice(list, options, error, size);
}

static int run(const struct catalogue *catalogue, const struct options *options)
{
	char error[ERROR_MAX];
	struct plan_list list = {0};
	struct output output = {0};
	int status = STATUS_USAGE;
	if (make_plan(&list, options, catalogue, error, sizeof(error)) != 0 ||
		!command_runners_match(catalogue, &list, error, sizeof(error)) ||
		output_open(&output, options->output, error, sizeof(error)) != 0)
		(void)command_error(status, error);
	else
		status = explain_and_print(catalogue, &list, options, &output);
	output_abandon(&output);
	plan_free(&list);
	return status;
}

const struct command command_explain = {
	.name = "explain",
	.summary = "explain one fork point: the lock, its holder, both stacks, remedies",
	.about = "Explains one fork point of a sweep in full: which thread holds the lock,"
		 " where it was taken, where the child waits, why it never wakes, and what"
		 " would have prevented it.",
	.example = {"forklab explain -a glibc -s basic -m _Fork",
		"forklab explain -a teach-forgot -s pool -m fork"},
	.note = {{KEY_POINT, "The fork point to explain (the first bad one)"}},
	.option = {CELL_OPTIONS, KEY_POINT, KEY_MITIGATION, KEY_EVERY_INSTRUCTION},
	.formats = 1U << OUTPUT_TEXT | 1U << OUTPUT_JSON | 1U << OUTPUT_MARKDOWN |
		   1U << OUTPUT_DOT | 1U << OUTPUT_SVG,
	.mode = {MODE_SWEEP},
	.modes = 1,
	.defaults = CELL_DEFAULTS,
	.run = run,
};
