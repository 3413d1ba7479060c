/* What a fork costs, for programs: schema "forklab-cost/1". Figures not measured are null. */
#include "cost_print.h"
#include "json_node.h"
#include "shm_map.h"

#include <math.h>

static json_t *estimate_object(const struct cost_estimate *estimate)
{
	if (isnan(estimate->value))
		return node_object((struct json_member[]){
			{"value", json_null()},
			{"why", node_literal(cost_reason_text(estimate->why))},
			{0},
		});
	return node_object((struct json_member[]){
		{"value", node_real(estimate->value)},
		{"low", node_real(estimate->low)},
		{"high", node_real(estimate->high)},
		{"rounds", node_integer(estimate->rounds)},
		{"noisy", node_boolean(estimate->noisy)},
		{0},
	});
}

static json_t *figures_object(const struct cost_cell *cell)
{
	json_t *object = json_object();
	for (size_t i = 0; object && i < COST_FIGURES; i++)
		object = node_set(
			object, cost_figure_info(i)->key, estimate_object(&cell->estimate[i]));
	return object;
}

/* The levels that the samples support, or the quantiles at them: lists of equal length. */
static json_t *level_list(const struct cost_distribution *distribution, bool levels)
{
	json_t *list = json_array();
	for (size_t i = 0; list && i < COST_LEVELS && !isnan(distribution->at[i]); i++)
		list = node_append(list, node_real(levels ? cost_level(i) : distribution->at[i]));
	return list;
}

static json_t *distribution_object(const struct cost_distribution *distribution)
{
	if (distribution->count == 0)
		return json_null();
	return node_object((struct json_member[]){
		{"count", node_integer(distribution->count)},
		{"max_ns", node_real(distribution->max)},
		{"quantile", level_list(distribution, true)},
		{"ns", level_list(distribution, false)},
		{0},
	});
}

static json_t *distributions_object(const struct cost_cell *cell)
{
	json_t *object = json_object();
	for (size_t i = 0; object && i < COST_DISTRIBUTIONS; i++)
		object = node_set(object, cost_distribution_key(i),
			distribution_object(&cell->distribution[i]));
	return object;
}

static json_t *cell_at(const void *of, size_t i)
{
	const struct cost_cell *cell = &((const struct cost_report *)of)->cell[i];
	char why[MODEL_TEXT_MAX];
	cost_failure_text(why, sizeof(why), cell);
	return node_object((struct json_member[]){
		{"allocator", node_text(cell->allocator)},
		{"version", node_text_or_null(cell->version)},
		{"link", node_literal(link_kind_name(cell->link))},
		{"object", node_text_or_null(cell->object)},
		{"method", node_literal(fork_method_name(cell->method))},
		{"threads", node_integer(cell->threads)},
		{"heap_bytes", node_integer(cell->heap_bytes)},
		{"pages", node_literal(cell->huge ? "huge" : "usual")},
		{"rounds", node_integer(cell->rounds)},
		{"failed", node_boolean(cell->failed > 0)},
		{"skipped", node_boolean(cell->skipped)},
		{"corrupt", node_boolean(cell->corrupt)},
		{"why", node_text_or_null(why)},
		{"hung", node_integer(cell->hung)},
		{"answers_late", node_integer(cell->late)},
		{"answers_cut_short", node_integer(cell->cut)},
		{"answers_wrong", node_integer(cell->wrong)},
		{"seconds", node_real(cell->seconds)},
		{"figures", cell->rounds ? figures_object(cell) : json_null()},
		{"distributions", cell->rounds ? distributions_object(cell) : json_null()},
		{0},
	});
}

static json_t *config_at(const void *of, size_t i)
{
	return node_integer(((const struct cost_report *)of)->order[i]);
}

int cost_print_json(FILE *out, const struct cost_report *report)
{
	return node_write(
		out, node_object((struct json_member[]){
			     {"schema", node_literal("forklab-cost/1")},
			     {"host", node_host(&report->host)},
			     {"seed", node_integer(report->seed)},
			     {"rounds", node_integer(report->rounds)},
			     {"budget_s", node_real_or_null(report->budget_s)},
			     {"results", node_array(report, report->cells, cell_at)},
			     {"order", node_array(report, report->order_length, config_at)},
			     {"note", node_text_or_null(report->note)},
			     {"machine_unevenness", node_real(report->unevenness)},
			     {"too_noisy", node_boolean(report->noisy)},
			     {"cut", node_boolean(report->cut)},
			     {"partial", node_boolean(report->partial)},
			     {"seconds", node_real(report->seconds)},
			     {0},
		     }));
}
