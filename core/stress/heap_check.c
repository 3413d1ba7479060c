#include "heap_check.h"

#include "interrupt.h"
#include "runner_process.h"
#include "silent_damage.h"
#include "tally.h"

#include <stdio.h>
#include <string.h>

static void fill_plan(struct plan *to, const struct cell_plan *plan, uint32_t siblings)
{
	to->mode = MODE_EXAMINE;
	to->method = plan->method;
	to->cure = plan->cure;
	to->trials = siblings;
	to->seed = plan->seed;
	snprintf(to->scenario, sizeof to->scenario, "%s", plan->scenario);
	if (plan->object)
		to->object = *plan->object;
}

/* One runner; false: it did not come to its end. */
static bool examine(
	const struct cell_plan *plan, uint32_t siblings, struct examination *examination)
{
	const struct spawn_limits limits = {.env = plan->env, .data_bytes = plan->data_bytes};
	struct spawned runner;
	bool ended = false;
	int status = -1;
	if (spawn_prepare(&runner) == 0) {
		fill_plan(&runner.page->plan, plan, siblings);
		ended = spawn_start(&runner, plan->runner, &limits) == 0 &&
			spawn_await(&runner, true, &status) == 0 && status == 0 &&
			atomic_load(&runner.page->finished);
	}
	if (ended)
		memcpy(examination, &runner.page->examination, sizeof *examination);
	spawn_end(&runner);
	return ended;
}

void examine_cell(const struct cell_plan *plan, struct cell *cell)
{
	struct examination first, fresh;
	if (!cell->wants_examination || cell->trials == 0 || tally_bad(cell) > 0 ||
		cell->count[VERDICT_BROKEN] > 0)
		return;
	if (examine(plan, PAGE_SIBLINGS, &first) && examine(plan, 0, &fresh))
		silent_notes(cell, &first, fresh.layout);
	if (cell->has_finding)
		cell_command(plan, &cell->finding);
}
