#include "heap_check.h"

#include "interrupt.h"
#include "runner_process.h"
#include "silent_damage.h"
#include "tally.h"

#include <stdio.h>
#include <string.h>

static void fill_heap_check_plan(struct plan *to, const struct cell_plan *plan, uint32_t siblings)
{
	to->mode = MODE_HEAP_CHECK;
	to->method = plan->method;
	to->mitigation = plan->mitigation;
	to->trials = siblings;
	to->seed = plan->seed;
	snprintf(to->scenario, sizeof to->scenario, "%s", plan->scenario);
	if (plan->object)
		to->object = *plan->object;
}

/* One runner; false: it did not come to its end. */
static bool run_heap_check(
	const struct cell_plan *plan, uint32_t siblings, struct heap_check *heap_check)
{
	const struct runner_limits limits = {.env = plan->env, .data_bytes = plan->data_bytes};
	struct runner_process runner;
	bool ended = false;
	int status = -1;
	if (runner_process_prepare(&runner) == 0) {
		fill_heap_check_plan(&runner.shm->plan, plan, siblings);
		ended = runner_process_start(&runner, plan->runner, &limits) == 0 &&
			runner_process_wait(&runner, true, &status) == 0 && status == 0 &&
			atomic_load(&runner.shm->finished);
	}
	if (ended)
		memcpy(heap_check, &runner.shm->heap_check, sizeof *heap_check);
	runner_process_destroy(&runner);
	return ended;
}

void heap_check_cell(const struct cell_plan *plan, struct cell *cell)
{
	struct heap_check first, fresh;
	if (!cell->wants_heap_check || cell->trials == 0 || tally_bad(cell) > 0 ||
		cell->count[VERDICT_BROKEN] > 0)
		return;
	if (run_heap_check(plan, SHM_SIBLINGS, &first) && run_heap_check(plan, 0, &fresh))
		silent_damage_find(cell, &first, fresh.layout);
	if (cell->has_finding)
		stress_command(plan, &cell->finding);
}
