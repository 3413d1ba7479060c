#include "cell_plan.h"

#include "interrupt.h"
#include "monotonic.h"
#include "shm_map.h"
#include "tally.h"
#include "usual_alignment.h"

void cell_fill_names(struct cell *cell, const struct cell_plan *plan, enum cell_mode mode)
{
	snprintf(cell->allocator, sizeof(cell->allocator), "%s", plan->allocator);
	snprintf(cell->scenario, sizeof(cell->scenario), "%s", plan->scenario);
	cell->scenario_from_file = plan->scenario_file != NULL;
	cell->method = plan->method;
	cell->mode = mode;
	cell->secondary = plan->secondary;
	memcpy(cell->alignment, usual_alignment(plan), sizeof(cell->alignment));
	if (plan->mitigation == MITIGATION_NONE)
		return;
	snprintf(cell->mitigation, sizeof(cell->mitigation), "%s",
		mitigation_name(plan->mitigation));
	snprintf(cell->subject, sizeof(cell->subject), "%s +%s", plan->allocator,
		mitigation_name(plan->mitigation));
}

bool cell_scenario_failed(struct cell *cell, const struct cell_plan *plan)
{
	const struct scenario_failure *failure = plan->scenario_failure;
	struct tally tally = {.cell = cell};
	if (!failure || failure->cause == CAUSE_NONE)
		return false;
	struct finding finding = {.verdict = VERDICT_BROKEN,
		.cause = failure->cause,
		.signal = failure->signal,
		.exit_status = failure->exit_status,
		.latency_ms = -1};
	snprintf(finding.output, sizeof(finding.output), "%s", failure->output);
	tally_add(&tally, VERDICT_BROKEN, &finding);
	tally_finish(&tally);
	return true;
}

const char *cell_scenario_argument(const struct cell_plan *plan)
{
	return plan->scenario_argument ? plan->scenario_argument : plan->scenario;
}

void cell_session_init(
	struct runner_session *session, const struct cell_plan *plan, enum run_mode mode)
{
	*session = (struct runner_session){
		.program = plan->runner,
		.limits = {.env = plan->env, .memory_bytes = plan->memory_bytes},
		.plan = {.mode = mode,
			.method = plan->method,
			.mitigation = plan->mitigation,
			.workers = plan->workers,
			.seed = plan->seed},
	};
	snprintf(session->plan.scenario, sizeof(session->plan.scenario), "%s", plan->scenario);
	if (plan->scenario_file)
		snprintf(session->plan.scenario_file, sizeof(session->plan.scenario_file), "%s",
			plan->scenario_file);
	if (plan->object)
		session->plan.object = *plan->object;
	const struct alignment *usual = usual_alignment(plan);
	for (unsigned kind = 0; kind < ALIGNMENT_KINDS; kind++)
		session->plan.alignment[kind] = usual[kind].actual;
}

void cell_read_identity(struct cell *cell, const struct runner_session *session)
{
	if (!cell->version[0])
		runner_session_identity(session, cell->version, sizeof(cell->version), &cell->link);
}

bool cell_budget_exhausted(const struct cell_plan *plan, uint64_t begin_ns)
{
	return interrupt_received() ||
	       (plan->seconds > 0 && seconds_since(begin_ns) > plan->seconds);
}
