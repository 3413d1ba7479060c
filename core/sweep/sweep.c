#include "sweep.h"

#include "futex.h"
#include "interrupt.h"
#include "monotonic.h"
#include "sweep_run.h"

#include <stdlib.h>
#include <string.h>

/* What a sweep may take for children that still run at its end, as a multiple of its budget. */
static const double BUDGET_OVERRUN = 1.05;

static void show_progress(struct sweep_run *c)
{
	c->cell->sweep.instructions = c->stepper.instructions;
	if (c->progress)
		c->progress(c->cell, c->context);
}

static void step_through(struct sweep_run *c)
{
	enum stepper_event event;
	while (!c->over) {
		stepper_advance(&c->stepper, &event);
		sweep_run_event(c, event);
		inflight_poll(&c->inflight);
		c->over |= c->inflight.stop_requested || sweep_run_shm_damaged(c);
		if (event != STEPPER_POINT && event != STEPPER_NONE && event != STEPPER_BLOCKED)
			continue;
		show_progress(c);
		if (!c->over && cell_budget_exhausted(c->plan, c->begin_ns))
			c->cell->cut = c->over = true;
	}
}

/* Waits for the running children. The runner must be alive for that. */
static void await_running(struct sweep_run *c)
{
	bool over = c->over;
	c->over = false;
	sweep_run_wait(c, 0);
	c->over |= over;
}

/* The parent must still work after all those forks. */
static void end_runner(struct sweep_run *c)
{
	struct shm_sweep *line = &c->session.runner.shm->sweep;
	uint64_t begin = watched_ns();
	int status = 0;
	line->request_kind = REQUEST_END;
	futex_store_and_wake(&line->request, ++c->forker.requests);
	while (!runner_process_has_ended(&c->session.runner, &status)) {
		if (sweep_run_prove_stuck(c))
			return;
		if (interrupt_received())
			return;
		if ((double)(watched_ns() - begin) / 1e9 > c->plan->deadline_s) {
			sweep_run_broken(c, CAUSE_NO_RUNNER_END, 0);
			return;
		}
		memory_watch_tick(&c->session.runner.memory);
		sleep_ns(200 * NS_PER_US);
	}
	if (status != 0)
		sweep_run_runner_exited(c, status);
}

static void fill_results(struct sweep_run *c)
{
	struct cell *cell = c->cell;
	struct sweep *sweep = &cell->sweep;
	bool skipped = cell->verdict == VERDICT_SKIPPED && !cell->cut;
	sweep->instructions = c->stepper.instructions;
	sweep->complete = c->ended && !cell->cut && !c->plan->point;
	windows_finish(&c->inflight.windows, c->stepper.instructions);
	coverage_totals(&c->stepper.coverage, c->inflight.symbols, &sweep->coverage);
	cell->seconds = seconds_since(c->begin_ns);
	if (!skipped && !c->plan->no_forks)
		tally_finish(&c->tally);
}

/* One runner from start to end. */
static void run_once(struct sweep_run *c)
{
	if (sweep_run_begin(c)) {
		step_through(c);
		stepper_detach(&c->stepper);
		if (c->session.runner.pid > 0)
			await_running(c);
		c->cell->sweep.files = mapped_files(c->session.runner.pid, c->cell->sweep.file);
		if (c->ended && !c->damaged && c->session.runner.pid > 0 && !c->plan->point)
			end_runner(c);
	}
	fill_results(c);
	stepper_free(&c->stepper);
	attribution_free(&c->inflight.attribution);
	symbols_close(c->inflight.symbols);
	runner_session_end(&c->session);
}

/* Replaces what the cell has found so far. */
static void make_broken(struct cell *cell, enum finding_cause cause)
{
	memset(cell->count, 0, sizeof(cell->count));
	memset(cell->foreign, 0, sizeof(cell->foreign));
	cell->count[VERDICT_BROKEN] = 1;
	cell->trials = cell->proven = cell->sweep.parent_bad = 0;
	cell->verdict = VERDICT_BROKEN;
	cell->has_finding = true;
	cell->finding =
		(struct finding){.verdict = VERDICT_BROKEN, .cause = cause, .latency_ms = -1};
}

static struct sweep_run *prepare(
	const struct cell_plan *plan, struct cell *cell, cell_progress *progress, void *context)
{
	struct sweep_run *c = calloc(1, sizeof(*c));
	cell_fill_names(cell, plan, CELL_SWEEP);
	if (!c) {
		make_broken(cell, CAUSE_OUT_OF_MEMORY);
		return NULL;
	}
	c->plan = plan;
	c->cell = cell;
	c->progress = progress;
	c->context = context;
	c->tally.cell = cell;
	c->begin_ns = monotonic_ns();
	c->inflight.plan = plan;
	if (plan->seconds > 0)
		c->inflight.until_ns =
			c->begin_ns + (uint64_t)(plan->seconds * BUDGET_OVERRUN * 1e9);
	c->inflight.cell = cell;
	c->inflight.tally = &c->tally;
	c->inflight.windows.sweep = &cell->sweep;
	return c;
}

/* ---- One point, twice ---- */

static bool same_attempt(const struct point_attempt *a, const struct point_attempt *b)
{
	return a->reached == b->reached && a->instruction == b->instruction && a->pc == b->pc &&
	       a->waited == b->waited && a->verdict == b->verdict;
}

static void report_mismatch(struct cell *cell, const struct cell_plan *plan,
	const struct point_attempt *first, const struct point_attempt *second)
{
	make_broken(cell, CAUSE_NOT_REPRODUCED);
	cell->finding.trial = plan->point;
	cell->finding.attempt[0] = *first;
	cell->finding.attempt[1] = *second;
}

static void point_out_of_range(struct cell *cell, uint32_t points)
{
	memset(cell->count, 0, sizeof(cell->count));
	cell->has_finding = false;
	memset(cell->foreign, 0, sizeof(cell->foreign));
	cell_skip(cell, SKIP_POINT_UNREACHED, NULL, points);
}

/* Tries the point once more, in a new runner, for comparison only. */
static void try_again(
	const struct cell_plan *plan, struct cell *cell, const struct sweep_run *first)
{
	struct cell_plan quiet = *plan;
	struct cell *again = calloc(1, sizeof(*again));
	quiet.points = NULL;
	struct sweep_run *c = again ? prepare(&quiet, again, NULL, NULL) : NULL;
	if (c) {
		run_once(c);
		if (!interrupt_received() &&
			!same_attempt(&first->inflight.wanted, &c->inflight.wanted))
			report_mismatch(cell, plan, &first->inflight.wanted, &c->inflight.wanted);
		free(again->sweep.window);
	}
	free(c);
	free(again);
}

static void check_reproduces(
	const struct cell_plan *plan, struct cell *cell, const struct sweep_run *first)
{
	if (!cell->count[VERDICT_BROKEN])
		try_again(plan, cell, first);
	if (first->inflight.wanted.waited && !cell->count[VERDICT_BROKEN])
		cell_skip(cell, SKIP_POINT_WAITED, NULL, plan->point);
}

void sweep_run(
	const struct cell_plan *plan, struct cell *cell, cell_progress *progress, void *context)
{
	struct sweep_run *c = prepare(plan, cell, progress, context);
	if (!c)
		return;
	if (cell_scenario_failed(cell, plan)) {
		free(c);
		return;
	}
	if (plan->unswept) {
		cell_skip(cell, SKIP_ALLOCATOR, plan->unswept, 0);
		free(c);
		return;
	}
	run_once(c);
	if (plan->point && c->ended && !c->inflight.wanted.reached)
		point_out_of_range(cell, c->points);
	else if (!plan->hooks && c->inflight.wanted.reached)
		check_reproduces(plan, cell, c);
	free(c);
}
