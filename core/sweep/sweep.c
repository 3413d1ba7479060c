#include "sweep.h"

#include "futex.h"
#include "interrupt.h"
#include "monotonic.h"
#include "sweep_run.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds_since(uint64_t from_ns)
{
	return (double)(monotonic_ns() - from_ns) / 1e9;
}

static bool out_of_time(const struct conduct *c)
{
	return interrupt_came() ||
	       (c->plan->seconds > 0 && seconds_since(c->begin_ns) > c->plan->seconds);
}

static void show_progress(struct conduct *c)
{
	c->cell->sweep.instructions = c->stepper.instructions;
	if (c->progress)
		c->progress(c->cell, c->context);
}

static void step_through(struct conduct *c)
{
	enum stepper_event event;
	while (!c->over) {
		stepper_advance(&c->stepper, &event);
		conduct_event(c, event);
		flights_poll(&c->flights);
		c->over |= c->flights.enough || conduct_damaged(c);
		if (event != STEPPER_POINT && event != STEPPER_NONE && event != STEPPER_BLOCKED)
			continue;
		show_progress(c);
		if (!c->over && out_of_time(c))
			c->cell->cut = c->over = true;
	}
}

/* What is in the air comes down. The runner must be alive for that. */
static void land_all(struct conduct *c)
{
	bool over = c->over;
	c->over = false;
	conduct_wait(c, 0);
	c->over |= over;
}

/* The parent has to be of use after all those forks. */
static void end_runner(struct conduct *c)
{
	static const struct timespec nap = {.tv_nsec = 200 * 1000};
	struct sweep_line *line = &c->runner.page->sweep;
	uint64_t begin = monotonic_ns();
	int status = 0;
	line->what = REQUEST_END;
	futex_announce(&line->request, ++c->forker.requests);
	while (!spawn_ended(&c->runner, &status)) {
		if (conduct_prove_stuck(c))
			return;
		if (seconds_since(begin) > c->plan->deadline_s) {
			conduct_broken(c, "the runner did not end after its sweep");
			return;
		}
		clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
	}
	if (status != 0)
		conduct_runner_gone(c, status);
}

static void report(struct conduct *c)
{
	struct cell *cell = c->cell;
	struct sweep *sweep = &cell->sweep;
	bool skipped = cell->verdict == VERDICT_SKIPPED && !cell->cut;
	sweep->instructions = c->stepper.instructions;
	sweep->complete = c->ended && !cell->cut && !c->plan->point;
	windows_finish(&c->flights.windows, c->stepper.instructions);
	reach_report(&c->stepper.reach, c->flights.symbols, &sweep->reach);
	cell->seconds = seconds_since(c->begin_ns);
	if (!skipped)
		tally_finish(&c->tally);
}

/* One runner from its start to its end. */
static void pass(struct conduct *c)
{
	if (conduct_begin(c)) {
		step_through(c);
		stepper_let_go(&c->stepper);
		if (c->runner.pid > 0)
			land_all(c);
		if (c->ended && !c->damaged && c->runner.pid > 0 && !c->plan->point)
			end_runner(c);
	}
	report(c);
	stepper_free(&c->stepper);
	symbols_close(c->flights.symbols);
	spawn_end(&c->runner);
}

static struct conduct *prepare(
	const struct cell_plan *plan, struct cell *cell, cell_progress *progress, void *context)
{
	struct conduct *c = calloc(1, sizeof *c);
	cell_name(cell, plan, "sweep");
	if (!c) {
		cell->verdict = VERDICT_BROKEN;
		cell->count[VERDICT_BROKEN] = 1;
		snprintf(cell->why, sizeof cell->why, "no memory");
		return NULL;
	}
	c->plan = plan;
	c->cell = cell;
	c->progress = progress;
	c->context = context;
	c->tally.cell = cell;
	c->begin_ns = monotonic_ns();
	c->flights.plan = plan;
	c->flights.cell = cell;
	c->flights.tally = &c->tally;
	c->flights.windows.sweep = &cell->sweep;
	return c;
}

/* ---- One point, twice ---- */

static const char *outcome_of(const struct sighting *sighting)
{
	if (!sighting->seen)
		return "not reached";
	return sighting->outcome == POINT_TRIED ? verdict_name(sighting->verdict) : "waited";
}

static bool same(const struct sighting *a, const struct sighting *b)
{
	return a->seen == b->seen && a->instruction == b->instruction && a->pc == b->pc &&
	       a->outcome == b->outcome && a->verdict == b->verdict;
}

static void differs(struct cell *cell, const struct cell_plan *plan, const struct sighting *first,
	const struct sighting *second)
{
	memset(cell->count, 0, sizeof cell->count);
	cell->count[VERDICT_BROKEN] = 1;
	cell->trials = cell->proven = 0;
	cell->has_finding = false;
	cell->verdict = VERDICT_BROKEN;
	snprintf(cell->why, sizeof cell->why,
		"point %u does not reproduce: first %s after %" PRIu64 " instructions at 0x%" PRIx64
		" (step %s), then %s after %" PRIu64 " at 0x%" PRIx64 " (step %s)",
		plan->point, outcome_of(first), first->instruction, first->pc, first->step,
		outcome_of(second), second->instruction, second->pc, second->step);
}

static void beyond_the_end(struct cell *cell, uint32_t points)
{
	cell->verdict = VERDICT_SKIPPED;
	memset(cell->count, 0, sizeof cell->count);
	snprintf(cell->why, sizeof cell->why,
		"the sequence has only %u fork points: choose --point 1 to %u", points, points);
}

static void only_waited(struct cell *cell, uint32_t point)
{
	cell->verdict = VERDICT_SKIPPED;
	snprintf(cell->why, sizeof cell->why,
		"the fork waits at point %u until the stepped thread goes on, so no child is made "
		"there",
		point);
}

/* Once more, in a runner of its own, for the comparison only. */
static void check_again(
	const struct cell_plan *plan, struct cell *cell, const struct conduct *first)
{
	struct cell_plan quiet = *plan;
	struct cell *again = calloc(1, sizeof *again);
	quiet.points = NULL;
	struct conduct *c = again ? prepare(&quiet, again, NULL, NULL) : NULL;
	if (c) {
		pass(c);
		if (!interrupt_came() && !same(&first->flights.wanted, &c->flights.wanted))
			differs(cell, plan, &first->flights.wanted, &c->flights.wanted);
		free(again->sweep.window);
	}
	free(c);
	free(again);
}

static void confirm(const struct cell_plan *plan, struct cell *cell, const struct conduct *first)
{
	if (!cell->count[VERDICT_BROKEN])
		check_again(plan, cell, first);
	if (first->flights.wanted.outcome != POINT_TRIED && !cell->count[VERDICT_BROKEN])
		only_waited(cell, plan->point);
}

void sweep_run(
	const struct cell_plan *plan, struct cell *cell, cell_progress *progress, void *context)
{
	struct conduct *c = prepare(plan, cell, progress, context);
	if (!c)
		return;
	if (plan->unswept) {
		cell->verdict = VERDICT_SKIPPED;
		snprintf(cell->why, sizeof cell->why, "%s", plan->unswept);
		free(c);
		return;
	}
	pass(c);
	if (plan->point && c->ended && !c->flights.wanted.seen)
		beyond_the_end(cell, c->points);
	else if (!plan->hooks && c->flights.wanted.seen)
		confirm(plan, cell, c);
	free(c);
}
