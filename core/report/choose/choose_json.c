/* The choice of an allocator, for programs: schema "forklab-choose/1". */
#include "choose_advice.h"
#include "choose_print.h"
#include "json_node.h"

static json_t *score_object(const struct choose_score *score)
{
	return node_object((struct json_member[]){
		{"value", node_real(score->value)},
		{"low", node_real(score->low)},
		{"high", node_real(score->high)},
		{0},
	});
}

static json_t *criterion_object(
	const struct choice *choice, const struct choose_criterion *criterion)
{
	const struct cost_estimate *estimate = &choice->cell->estimate[criterion->figure];
	bool measured = choice->cell->rounds > 0;
	return node_object((struct json_member[]){
		{"figure", node_literal(cost_figure_info((size_t)criterion->figure)->key)},
		{"class", node_literal(choose_class_names[criterion->class])},
		{"value", measured ? node_real(estimate->value) : json_null()},
		{"low", measured ? node_real(estimate->low) : json_null()},
		{"high", measured ? node_real(estimate->high) : json_null()},
		{"noisy", node_boolean(estimate->noisy)},
		{0},
	});
}

static json_t *criteria_array(const struct choice *choice, const struct choose_server *server)
{
	json_t *list = json_array();
	for (size_t i = 0; list && i < server->criteria; i++)
		list = node_append(list, criterion_object(choice, &server->criterion[i]));
	return list;
}

static json_t *choice_at(const void *of, size_t i)
{
	const struct choose_report *report = of;
	const struct choice *choice = &report->choice[i];
	const struct choose_score *class = choice->class_score;
	bool ranked = choice->ranked;
	char safety[MODEL_TEXT_MAX * 2];
	choose_safety_text(safety, sizeof(safety), choice);
	return node_object((struct json_member[]){
		{"allocator", node_text(choice->cell->allocator)},
		{"version", node_text_or_null(choice->cell->version)},
		{"rank", ranked ? node_integer(choice->rank) : json_null()},
		{"tie", node_boolean(choice->tie)},
		{"pareto", node_boolean(choice->pareto)},
		{"out", node_boolean(choice->out)},
		{"gate", node_text(safety)},
		{"command", node_text_or_null(choice->finding.command)},
		{"score", ranked ? score_object(&choice->score) : json_null()},
		{"latency", ranked ? score_object(&class[CHOOSE_LATENCY]) : json_null()},
		{"memory", ranked ? score_object(&class[CHOOSE_MEMORY]) : json_null()},
		{"throughput", ranked ? score_object(&class[CHOOSE_THROUGHPUT]) : json_null()},
		{"figures", criteria_array(choice, report->server)},
		{0},
	});
}

int choose_print_json(FILE *out, const struct choose_report *report)
{
	const char *weight = report->weight == WEIGHT_EQUAL
				     ? "equal"
				     : choose_class_names[report->weight - WEIGHT_LATENCY];
	const struct choice *recommended = choose_recommended(report);
	char advice[MODEL_TEXT_MAX], use[MODEL_TEXT_MAX] = "";
	choose_advice(advice, sizeof(advice), report);
	if (recommended)
		choose_usage(use, sizeof(use), recommended->cell);
	return node_write(out,
		node_object((struct json_member[]){
			{"schema", node_literal("forklab-choose/1")},
			{"kernel", node_text(report->host.kernel)},
			{"cpus", node_integer(report->host.cpus)},
			{"environment", node_environment(&report->host)},
			{"costs_of_other_environment", node_boolean(report->other_environment)},
			{"environment_removed", node_environment_removed(&report->host)},
			{"server", node_literal(report->server->name)},
			{"threads", node_integer(report->threads)},
			{"heap_bytes", node_integer(report->heap_bytes)},
			{"weight", node_literal(weight)},
			{"seed", node_integer(report->seed)},
			{"from", report->from ? node_text(report->from) : json_null()},
			{"choices", node_array(report, report->choices, choice_at)},
			{"recommendation", node_text(advice)},
			{"use", node_text_or_null(use)},
			{"controls_sufficient", node_boolean(report->controls_passed)},
			{"too_noisy", node_boolean(report->noisy)},
			{"partial", node_boolean(report->partial)},
			{"seconds", node_real(report->seconds)},
			{0},
		}));
}
