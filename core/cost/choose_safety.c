#include "choose_safety.h"

#include "campaign.h"
#include "interrupt.h"
#include "plan.h"
#include "result.h"
#include "tally.h"

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

/* Of two equally bad cells the sweep is worse: its finding can be reproduced. */
static bool is_worse(const struct cell *cell, const struct cell *than)
{
	if (!than)
		return true;
	int one = verdict_severity(tally_held_verdict(cell)),
	    other = verdict_severity(tally_held_verdict(than));
	return one > other || (one == other && model_is_sweep(cell) && !model_is_sweep(than));
}

static void set_bad(struct choice *choice, const struct cell *cell)
{
	choice->safety = SAFETY_BAD;
	snprintf(choice->scenario, sizeof(choice->scenario), "%s", cell->scenario);
	choice->finding = cell->finding;
	choice->finding.verdict = tally_held_verdict(cell);
}

void choose_safety_judge(struct choice *choice, const char *allocator, const struct report *report)
{
	const struct cell *worst = NULL;
	choice->points = choice->trials = 0;
	choice->all_points = true;
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		if (strcmp(cell->allocator, allocator) != 0)
			continue;
		if (model_is_sweep(cell)) {
			choice->points += result_points_tested(cell);
			choice->all_points &= result_sweep_complete(cell);
		} else if (result_cell_judged(cell)) {
			choice->trials += cell->trials;
		}
		if (tally_held_verdict(cell) != VERDICT_OK && is_worse(cell, worst))
			worst = cell;
	}
	choice->safety = choice->points + choice->trials ? SAFETY_NOTHING_FOUND : SAFETY_UNJUDGED;
	if (worst)
		set_bad(choice, worst);
	choice->out = choice->safety != SAFETY_NOTHING_FOUND;
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
