#include "campaign.h"

#include "checker_reports.h"
#include "controls.h"
#include "heap_check.h"
#include "host.h"
#include "interrupt.h"
#include "mitigation_cost.h"
#include "monotonic.h"
#include "result.h"
#include "stress.h"
#include "sweep.h"
#include "variants.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The minimum in seconds, for a cell under a tool that starts slowly. */
enum { CHECKER_MIN_S = 4 };

static void copy_options(struct run_options *to, const struct options *options)
{
	to->command = options->command;
	snprintf(to->version, sizeof(to->version), "%s", FORKLAB_VERSION);
	to->seed = options->seed;
	to->trials = options->trials;
	to->workers = options->workers;
	to->budget_s = options->budget_s;
	to->deadline_s = options->deadline_s;
	to->aim = options->aim;
	to->every_instruction = options->every_instruction;
	to->windows = options->windows;
	memcpy(to->fail_on, options->fail_on, sizeof(to->fail_on));
	to->fail_on_any = options->fail_on_any;
}

/*
 * The remaining budget is shared among the remaining cells, so what a quick cell does not need goes
 * to later ones. A sweep that is cut decides nothing, so it may take a multiple of its share; many
 * need less.
 */
static double budget_share(double budget_s, double spent_s, size_t cells_left, bool sweep)
{
	const double least_s = 0.1, multiple = 1.6;
	if (budget_s <= 0)
		return 0;
	double each = (budget_s - spent_s) / (double)cells_left;
	if (sweep && cells_left > 1)
		each *= multiple;
	return each > least_s ? each : least_s;
}

/* Seconds for the audits of the cells' allocators, which follow the cells. */
static double audit_reserve(const struct plan_list *list, double budget_s)
{
	const double each_s = 0.2, most = 0.1;
	size_t allocators = 0;
	for (size_t i = 0; i < list->cells; i++) {
		bool known = false;
		for (size_t k = 0; k < i && !known; k++)
			known = strcmp(list->cell[k].allocator, list->cell[i].allocator) == 0;
		allocators += !known;
	}
	return fmin((double)allocators * each_s, budget_s * most);
}

/* The budget of the cells; 0: none. */
struct time_left {
	double budget_s;
	uint64_t begin_ns;
};

static double seconds_left(const struct time_left *time)
{
	return time->budget_s > 0 ? time->budget_s - seconds_since(time->begin_ns) : INFINITY;
}

/* A tool that starts slowly has no answer in less than its minimum. */
static bool fits(const struct cell_plan *plan, const struct time_left *time)
{
	return seconds_left(time) > (plan->checker ? CHECKER_MIN_S : 0);
}

static bool wants_checker(const struct plan_list *list)
{
	for (size_t i = 0; i < list->cells; i++)
		if (list->cell[i].checker && list->cell[i].mode != MODE_SWEEP)
			return true;
	return false;
}

static void run_cell(
	const struct cell_plan *plan, struct cell *cell, cell_progress *progress, void *context)
{
	if (plan->mode == MODE_SWEEP)
		sweep_run(plan, cell, progress, context);
	else
		stress_run(plan, cell, progress, context);
}

/* Cheap cells come first, so that a budget cuts as few as possible. */
enum phase { PHASE_STRESS, PHASE_SWEEP, PHASE_LONG_SWEEP, PHASES };

static enum phase phase_of(const struct cell_plan *plan)
{
	if (plan->mode != MODE_SWEEP)
		return PHASE_STRESS;
	return plan->long_sweep ? PHASE_LONG_SWEEP : PHASE_SWEEP;
}

/*
 * Only with one cell of each pair, the stress cell if there is one. Not with a single trial or
 * point, which is a reproduction.
 */
static bool wants_mitigation_cost(const struct cell_plan *plan, const struct options *options)
{
	bool sweep = options->modes == 1 && options->mode[0] == MODE_SWEEP;
	return plan->mitigation != MITIGATION_NONE && (plan->mode == MODE_SWEEP) == sweep &&
	       !options->one_point && !options->one_trial;
}

/* Not with a single trial, which is a reproduction. */
static bool wants_heap_check(const struct cell_plan *plan, const struct options *options)
{
	return plan->mode != MODE_SWEEP && !options->one_trial && !interrupt_received();
}

/* Keeps the measured cells, in order, and drops the others. */
static void drop_unmeasured(struct report *report, size_t cells)
{
	for (size_t i = 0; i < cells; i++)
		if (report->cell[i].mode != CELL_UNMEASURED)
			report->cell[report->cells++] = report->cell[i];
}

/* The cell was not run. */
static void drop_cell(struct cell *cell, const struct cell_plan *plan)
{
	cell_fill_names(cell, plan, plan->mode == MODE_SWEEP ? CELL_SWEEP : CELL_STRESS);
	cell->cut = cell->dropped = true;
	cell_skip(cell, SKIP_BUDGET, NULL, 0);
}

/* What is measured of a cell besides its trials, as far as there is time. */
static void run_extras(struct cell *cell, const struct cell_plan *plan,
	const struct options *options, const struct time_left *time)
{
	bool has_time = seconds_left(time) > 0;
	if (has_time && wants_mitigation_cost(plan, options) && !interrupt_received())
		mitigation_cost_measure(plan, &cell->cost);
	if (plan->checker)
		checker_reports_collect(cell, plan->checker);
	else if (has_time && wants_heap_check(plan, options))
		heap_check_cell(plan, cell);
}

/* The first cell is run in any case, so that the command of a finding shows it. */
static void run_cells(struct report *report, const struct options *options,
	const struct plan_list *list, const struct progress_hooks *hooks,
	const struct time_left *time)
{
	size_t done = 0;
	for (int phase = 0; phase < PHASES; phase++)
		for (size_t i = 0; i < list->cells && !interrupt_received(); i++) {
			struct cell_plan plan = list->cell[i];
			struct cell *cell = &report->cell[i];
			if (phase_of(&plan) != (enum phase)phase)
				continue;
			plan.seconds = budget_share(time->budget_s, seconds_since(time->begin_ns),
				list->cells - done, phase != PHASE_STRESS);
			if (plan.checker && plan.seconds > 0 && plan.seconds < CHECKER_MIN_S)
				plan.seconds = CHECKER_MIN_S;
			if (done++ && !fits(&plan, time)) {
				drop_cell(cell, &plan);
				continue;
			}
			if (hooks->next)
				hooks->next(hooks->context, PROGRESS_CELL, done, list->cells, NULL);
			run_cell(&plan, cell, hooks->show, hooks->context);
			run_extras(cell, &plan, options, time);
			/* Interrupted before it began. */
			if (interrupt_received() && cell->trials == 0)
				cell->mode = CELL_UNMEASURED;
		}
	drop_unmeasured(report, list->cells);
}

/*
 * Rows that make no difference are folded for readers only: not where allocators are named, and not
 * in a format for programs, which can leave out rows themselves.
 */
static bool should_fold(const struct options *options)
{
	return !options->all_variants && options->effort != EFFORT_THOROUGH &&
	       !options->alloc.all && !options->alloc.count &&
	       !output_format_is_data(options->format);
}

int campaign_run(struct report *report, const struct options *options,
	const struct catalogue *catalogue, const struct plan_list *list, campaign_audit *audit,
	const struct progress_hooks *hooks)
{
	uint64_t begin = monotonic_ns();
	static const struct progress_hooks silent = {0};
	*report = (struct report){0};
	host_describe(&report->host);
	copy_options(&report->options, options);
	report->cell = calloc(list->cells + 1, sizeof(*report->cell));
	if (!report->cell)
		return -ENOMEM;
	hooks = hooks ? hooks : &silent;
	if (hooks->next)
		hooks->next(hooks->context, PROGRESS_CONTROLS, 0, 0, NULL);
	/* A cell without these reports still has its verdict. */
	if (wants_checker(list) && checker_reports_begin() != 0 && hooks->warn)
		hooks->warn("valgrind's reports are lost: no temporary directory can be made (set "
			    "TMPDIR)");
	int error = controls_run(report, options, catalogue, hooks->show, hooks->context);
	report->controls_s = seconds_since(begin);
	const struct time_left all = {options->budget_s, begin},
			       of_cells = {
				       options->budget_s -
					       (audit ? audit_reserve(list, options->budget_s) : 0),
				       begin};
	if (!error)
		run_cells(report, options, list, hooks, &of_cells);
	checker_reports_end();
	if (!error && audit && seconds_left(&all) > 0)
		audit(report, catalogue, options->budget_s > 0 ? seconds_left(&all) : 0);
	report->partial = interrupt_received();
	report->seconds = seconds_since(begin);
	if (!error && should_fold(options))
		error = variants_fold(report, catalogue);
	return error ? error : results_build(report);
}

void campaign_free(struct report *report)
{
	for (size_t i = 0; i < report->cells; i++)
		free(report->cell[i].sweep.window);
	results_free(report);
	free(report->cell);
	free(report->control);
	free(report->note);
	*report = (struct report){0};
}

static bool fails(const struct cell *cell, const struct options *options)
{
	for (int v = 0; v < VERDICT_COUNT; v++)
		if (options->fail_on[v] &&
			(options->fail_on_any ? model_has_verdict(cell, (enum verdict)v)
					      : model_has_held_verdict(cell, (enum verdict)v)))
			return true;
	return false;
}

int campaign_status(const struct report *report, const struct options *options)
{
	bool beyond = false;
	bool broken = report->controls_ran && !report->controls_passed;
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		if (fails(cell, options))
			return 1;
		broken |= model_has_verdict(cell, VERDICT_BROKEN);
		beyond |= options->one_point && cell->verdict == VERDICT_SKIPPED &&
			  cell->sweep.points == 0 && cell->sweep.instructions > 0;
	}
	/* The one mistake on the command line that shows only afterwards. */
	if (beyond)
		return 2;
	return broken ? 3 : 0;
}
