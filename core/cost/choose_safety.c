#include "choose_safety.h"

#include "campaign.h"
#include "interrupt.h"
#include "plan.h"
#include "result.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void add_name(struct name_list *list, const char *name)
{
	if (list->count < OPTIONS_NAMES_MAX)
		snprintf(list->name[list->count++], SHM_NAME_MAX, "%s", name);
}

/* The options of a run of these cells. */
static void fill_options(struct options *to, const struct options *from,
	const struct choice *choice, size_t count, const struct choose_server *server,
	double seconds)
{
	*to = *from;
	to->alloc = to->scenario = (struct name_list){0};
	for (size_t i = 0; i < count; i++)
		add_name(&to->alloc, choice[i].cell->allocator);
	for (int i = 0; i < CHOOSE_SCENARIOS && server->scenario[i]; i++)
		add_name(&to->scenario, server->scenario[i]);
	to->methods = 1;
	to->method[0] = METHOD_FORK;
	to->budget_s = seconds;
}

/* A cell without a verdict: a user of that allocator must know. */
static bool is_judged(const struct cell *cell)
{
	return cell->verdict != VERDICT_SKIPPED && cell->verdict != VERDICT_BROKEN &&
	       cell->trials > 0;
}

/* Of two equally bad cells the sweep, since its finding can be reproduced. */
static bool is_worse(const struct cell *cell, const struct cell *than)
{
	if (!than)
		return true;
	int one = verdict_severity(cell->verdict), other = verdict_severity(than->verdict);
	return one > other || (one == other && model_is_sweep(cell) && !model_is_sweep(than));
}

static void out(struct choice *choice, const struct cell *cell)
{
	choice->out = true;
	snprintf(choice->safety, sizeof(choice->safety), "%s in %s: %s",
		verdict_name(cell->verdict), cell->scenario,
		cell->has_finding ? cell->finding.sentence : cell->why);
	snprintf(choice->command, sizeof(choice->command), "%s",
		cell->has_finding ? cell->finding.command : "");
}

void choose_safety_judge(struct choice *choice, const char *allocator, const struct report *report)
{
	uint32_t trials = 0, points = 0;
	bool all = true;
	const struct cell *worst = NULL;
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		if (strcmp(cell->allocator, allocator) != 0)
			continue;
		if (model_is_sweep(cell)) {
			points += result_points_tested(cell);
			all &= result_sweep_complete(cell);
		} else if (is_judged(cell)) {
			trials += cell->trials;
		}
		if (verdict_is_bad(cell->verdict) && is_worse(cell, worst))
			worst = cell;
	}
	choice->out = false;
	choice->command[0] = '\0';
	if (worst) {
		out(choice, worst);
	} else if (trials + points == 0) {
		choice->out = true;
		snprintf(choice->safety, sizeof(choice->safety),
			"could not be judged: no trial and no fork point came to a verdict");
	} else {
		snprintf(choice->safety, sizeof(choice->safety),
			"no bad child at %u fork points%s and in %u random trials", points,
			all ? "" : " (not all there are)", trials);
	}
}

int choose_safety_run(struct choice *choice, size_t count, const struct choose_server *server,
	const struct options *options, const struct catalogue *catalogue, double seconds,
	const struct progress_hooks *hooks, bool *controls_passed, char *error, size_t size)
{
	static struct options cells;
	struct plan_list list;
	struct report report;
	fill_options(&cells, options, choice, count, server, seconds);
	int status = plan_make(&list, &cells, catalogue, error, size);
	if (status != 0)
		return status;
	status = campaign_run(&report, &cells, catalogue, &list, NULL, hooks);
	if (status != 0)
		snprintf(error, size, "no memory");
	for (size_t i = 0; status == 0 && i < count; i++)
		choose_safety_judge(&choice[i], choice[i].cell->allocator, &report);
	*controls_passed = status == 0 && (!report.controls_ran || report.controls_passed);
	campaign_free(&report);
	plan_free(&list);
	return status == 0 && interrupt_received() ? -EINTR : status;
}
