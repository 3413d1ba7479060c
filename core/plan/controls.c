#include "controls.h"

#include "interrupt.h"
#include "plan.h"
#include "shm_map.h"
#include "stress.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * A known-bad allocator is tried until it has failed HITS_WANTED times, a known-good one for
 * GOOD_TRIALS. An engine that needs more than BAD_TRIALS_MAX is too weak to be trusted with real
 * allocators.
 */
enum { HITS_WANTED = 2, GOOD_TRIALS = 60, BAD_TRIALS_MAX = 400 };

/* For one control. All of them together stay within a budget of 8 s or more. */
static const double control_most_s = 8, control_least_s = 1;

static const struct {
	const char *allocator;
	enum fork_method method;
	enum verdict verdict;
} known[] = {
	{"teach-lockall", METHOD_FORK, VERDICT_OK},
	{"teach-reinit", METHOD_FORK, VERDICT_OK},
	{"teach-none", METHOD_FORK, VERDICT_DEADLOCK},
	{"teach-lockall", METHOD__FORK, VERDICT_DEADLOCK},
	{"teach-forgot", METHOD_FORK, VERDICT_DEADLOCK},
	{"teach-spin", METHOD_FORK, VERDICT_LIVELOCK},
	{"teach-timed", METHOD_FORK, VERDICT_LIVELOCK},
	{"teach-nolock", METHOD_FORK, VERDICT_CORRUPTION},
};
enum { KNOWN = sizeof(known) / sizeof(known[0]) };

static double control_seconds(double budget_s)
{
	double share = budget_s > 0 ? budget_s / KNOWN : control_most_s;
	return fmax(fmin(share, control_most_s), control_least_s);
}

static int run_control(struct control *control, const struct options *options,
	const struct catalogue_allocator *allocator, cell_progress *progress, void *context)
{
	bool good = control->expected == VERDICT_OK;
	struct cell_plan plan = {
		.allocator = control->allocator,
		.scenario = control->scenario,
		.method = control->method,
		.runner = allocator->runner,
		.mode = MODE_STRESS,
		.seed = plan_seed(options->seed, control->allocator, control->scenario,
			fork_method_name(control->method)),
		.trials = good ? GOOD_TRIALS : BAD_TRIALS_MAX,
		.workers = 4,
		.aim = true,
		.deadline_s = options->deadline_s,
		.seconds = control_seconds(options->budget_s),
		.stop_at = control->expected,
		.stop_hits = good ? 0 : HITS_WANTED,
	};
	struct cell *cell = calloc(1, sizeof(*cell));
	if (!cell)
		return -ENOMEM;
	stress_run(&plan, cell, progress, context);
	control->got = cell->verdict;
	control->trials = cell->trials;
	control->hits = cell->count[control->expected];
	/* Known good must have no other verdict at all; known bad must be found at least once. */
	control->passed =
		good ? cell->verdict == VERDICT_OK && cell->trials > 0 : control->hits > 0;
	control->has_finding = cell->has_finding;
	control->finding = cell->finding;
	free(cell);
	return 0;
}

int controls_run(struct report *report, const struct options *options,
	const struct catalogue *catalogue, cell_progress *progress, void *context)
{
	report->control = calloc(KNOWN, sizeof(*report->control));
	if (!report->control)
		return -ENOMEM;
	report->controls_passed = true;
	if (catalogue->no_controls)
		return 0;
	for (int i = 0; i < KNOWN && !interrupt_received(); i++) {
		const struct catalogue_allocator *a = catalogue_find(catalogue, known[i].allocator);
		struct control *control = &report->control[report->controls];
		if (!a || !a->built)
			continue;
		*control = (struct control){
			.allocator = known[i].allocator,
			.scenario = "basic",
			.method = known[i].method,
			.expected = known[i].verdict,
		};
		int error = run_control(control, options, a, progress, context);
		if (error)
			return error;
		if (interrupt_received())
			break; /* interrupted: no result */
		report->controls_passed &= control->passed;
		report->controls++;
	}
	report->controls_ran = report->controls > 0;
	return 0;
}
