#include "heap_check.h"

#include "silent_damage.h"
#include "stress.h"
#include "tally.h"

#include <string.h>

enum { TIMEOUT_MS = 10 * 1000 };

/* Runs one runner; false: it did not finish. */
static bool run_heap_check(
	const struct cell_plan *plan, uint32_t siblings, struct heap_check *heap_check)
{
	struct runner_session session;
	int status;
	cell_session_init(&session, plan, MODE_HEAP_CHECK);
	session.plan.workers = 0;
	session.plan.trials = siblings;
	bool ended = runner_session_run(&session, TIMEOUT_MS, true, &status) == 0;
	if (ended)
		memcpy(heap_check, &session.runner.shm->heap_check, sizeof(*heap_check));
	runner_session_end(&session);
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
