#include "campaign.h"

#include "checker_reports.h"
#include "controls.h"
#include "heap_check.h"
#include "host.h"
#include "interrupt.h"
#include "mitigation_cost.h"
#include "monotonic.h"
#include "result.h"
#include "store.h"
#include "store_path.h"
#include "stress.h"
#include "sweep.h"
#include "sweep_store.h"

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
 * to later ones. A sweep that is cut decides less, so it may take a multiple of its share; many
 * need less.
 */
static double budget_share(double left_s, size_t cells_left, bool sweep)
{
	const double least_s = 0.1, multiple = 4;
	double each = left_s / (double)cells_left;
	if (sweep && cells_left > 1)
		each = fmin(each * multiple, left_s);
	return fmax(each, least_s);
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

/* Of a budget that sweeps share: they find what stress can only be lucky to meet. */
static const double stress_part = 1.0 / 9;

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

/* A run of cells, and where it is. */
struct cells_run {
	struct report *report;
	const struct options *options;
	const struct plan_list *list;
	const struct progress_hooks *hooks;
	const struct time_left *time;
	struct result_store *store; /* of results; NULL: none */
	struct time_left phase;     /* the part of the budget that the current phase may use */
	size_t phase_left;          /* cells that share it and are still to be run */
	size_t done;                /* cells that have begun */
	bool *over;                 /* of each cell */
};

static bool same_row(const struct plan_list *list, size_t a, size_t b)
{
	return strcmp(list->cell[a].allocator, list->cell[b].allocator) == 0;
}

/* The allocators of the run, and those whose cells are all over. */
static size_t count_rows(const struct cells_run *run, size_t *done)
{
	size_t rows = 0;
	*done = 0;
	for (size_t i = 0; i < run->list->cells; i++) {
		size_t first = 0;
		bool all = true;
		while (!same_row(run->list, first, i))
			first++;
		for (size_t k = first; k < run->list->cells && first == i; k++)
			all &= run->over[k] || !same_row(run->list, k, i);
		rows += first == i;
		*done += first == i && all;
	}
	return rows;
}

/* What an earlier run has measured of the same binaries costs no time in this one. */
static void reuse_sweeps(struct cells_run *run)
{
	for (size_t i = 0; i < run->list->cells && run->store && !run->options->fresh; i++) {
		run->over[i] =
			sweep_store_find(run->store, &run->list->cell[i], &run->report->cell[i]);
		run->done += run->over[i];
	}
}

/* Whether the cell is to be run in this phase. */
static bool is_due(const struct cells_run *run, size_t index, enum phase phase)
{
	return phase_of(&run->list->cell[index]) == phase && !run->report->cell[index].reused;
}

static size_t count_due(const struct cells_run *run, enum phase phase)
{
	size_t count = 0;
	for (size_t i = 0; i < run->list->cells; i++)
		count += is_due(run, i, phase);
	return count;
}

/* Of the plan, measured in this run or not. */
static bool has_sweeps(const struct plan_list *list)
{
	size_t i = 0;
	while (i < list->cells && list->cell[i].mode != MODE_SWEEP)
		i++;
	return i < list->cells;
}

/*
 * All sweeps share what the stress cells have left. Stress gets no more when all sweeps are reused:
 * a run with a full store ends early.
 */
static void begin_phase(struct cells_run *run, enum phase phase)
{
	size_t later = 0;
	for (int next = (int)phase + 1; next < PHASES; next++)
		later += count_due(run, (enum phase)next);
	run->phase_left = count_due(run, phase);
	run->phase = *run->time;
	if (phase != PHASE_STRESS)
		run->phase_left += later;
	else if (run->time->budget_s > 0 && has_sweeps(run->list))
		run->phase.budget_s =
			seconds_since(run->time->begin_ns) + run->time->budget_s * stress_part;
}

/*
 * The plan of a cell with its share of the budget. False: its turn comes too late. The first cell
 * is run in any case, so that the command of a finding shows it.
 */
static bool plan_with_share(struct cells_run *run, size_t index, struct cell_plan *plan)
{
	*plan = run->list->cell[index];
	if (run->phase.budget_s > 0)
		plan->seconds = budget_share(
			seconds_left(&run->phase), run->phase_left, plan->mode == MODE_SWEEP);
	if (plan->checker && plan->seconds > 0 && plan->seconds < CHECKER_MIN_S)
		plan->seconds = CHECKER_MIN_S;
	run->phase_left--;
	if (run->done++ > 0 && !fits(plan, run->time)) {
		drop_cell(&run->report->cell[index], plan);
		run->over[index] = true;
		return false;
	}
	return true;
}

static void tell_next(const struct cells_run *run)
{
	struct progress_place place = {PROGRESS_CELL, run->done, run->list->cells, 0, 0, NULL};
	place.rows = count_rows(run, &place.rows_done);
	if (run->hooks->next)
		run->hooks->next(run->hooks->context, &place);
}

static void run_phase(struct cells_run *run, enum phase phase)
{
	struct cell_plan plan;
	for (size_t i = 0; i < run->list->cells && !interrupt_received(); i++) {
		struct cell *cell = &run->report->cell[i];
		if (!is_due(run, i, phase) || !plan_with_share(run, i, &plan))
			continue;
		tell_next(run);
		run_cell(&plan, cell, run->hooks->show, run->hooks->context);
		run->over[i] = true;
		/* At once: a forklab that is killed later has not measured it in vain. */
		sweep_store_keep(run->store, &plan, cell);
		run_extras(cell, &plan, run->options, run->time);
		/* Interrupted before it began. */
		if (interrupt_received() && cell->trials == 0)
			cell->mode = CELL_UNMEASURED;
	}
}

static void run_cells(struct cells_run *run)
{
	reuse_sweeps(run);
	for (int phase = 0; phase < PHASES; phase++) {
		begin_phase(run, (enum phase)phase);
		run_phase(run, (enum phase)phase);
	}
	drop_unmeasured(run->report, run->list->cells);
}

/* ---- The store of results ---- */

static void warn(const struct progress_hooks *hooks, const char *sentence)
{
	if (sentence && hooks->warn)
		hooks->warn(sentence);
}

static struct result_store *open_store(const struct options *options,
	const struct catalogue *catalogue, const struct progress_hooks *hooks)
{
	char usual[STORE_ERROR_MAX / 2], error[STORE_ERROR_MAX];
	const char *path = options->store;
	struct result_store *store;
	if (!path && !catalogue->no_store && store_default_path(usual, sizeof(usual)))
		path = usual;
	if (options->no_store || !path)
		return NULL;
	if (store_open(&store, path, error, sizeof(error)) != 0)
		warn(hooks, error);
	return store;
}

/* One warning, however often it has failed. */
static void close_store(struct result_store *store, const struct progress_hooks *hooks)
{
	warn(hooks, store_failure(store));
	store_close(store);
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
		hooks->next(hooks->context, &(struct progress_place){PROGRESS_CONTROLS});
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
	struct cells_run run = {report, options, list, hooks, &of_cells,
		open_store(options, catalogue, hooks), of_cells, 0, 0,
		calloc(list->cells + 1, sizeof(bool))};
	report->keeps_sweeps = run.store != NULL;
	error = error || run.over ? error : -ENOMEM;
	if (!error)
		run_cells(&run);
	free(run.over);
	close_store(run.store, hooks);
	checker_reports_end();
	if (!error && audit && seconds_left(&all) > 0)
		audit(report, catalogue, options->budget_s > 0 ? seconds_left(&all) : 0);
	report->partial = interrupt_received();
	report->seconds = seconds_since(begin);
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
