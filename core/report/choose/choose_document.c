/* The choice of an allocator, for people: the ranking, which are out and why, what to do. */
#include "choose_advice.h"
#include "choose_print.h"
#include "cost_print.h"
#include "format.h"
#include "plural.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { FIXED_COLUMNS = 3, COLUMNS_MAX = FIXED_COLUMNS + CHOOSE_CLASSES + CHOOSE_CRITERIA };

static const char legend[] =
	"A score is the cost relative to the best allocator, over all measured figures: 1 is the "
	"best in everything. In parentheses: the spread of the rounds. *: on the Pareto front, "
	"where "
	"no other allocator is better in latency, memory and throughput at once. A tie cannot be "
	"distinguished from the first.";

static void add_row(
	struct doc_table *table, const struct choice *choice, const struct choose_server *server)
{
	char value[64];
	table_cell(table, TONE_PLAIN, "%u%s%s", choice->rank, choice->tie ? " tie" : "",
		choice->pareto ? " *" : "");
	table_cell(table, TONE_PLAIN, "%s", choice->cell->allocator);
	table_cell(table, TONE_PLAIN, "%.2f (%.2f to %.2f)", choice->score.value, choice->score.low,
		choice->score.high);
	for (int i = 0; i < CHOOSE_CLASSES; i++)
		table_cell(table, TONE_PLAIN, "%.2f", choice->class_score[i].value);
	for (size_t i = 0; i < server->criteria; i++) {
		int figure = server->criterion[i].figure;
		const struct cost_estimate *estimate = &choice->cell->estimate[figure];
		cost_format_estimate(value, sizeof(value), estimate,
			cost_figure_info((size_t)figure)->unit, true);
		table_cell(table, TONE_PLAIN, "%s%s", value,
			estimate->noisy && !isnan(estimate->value) ? " (noisy)" : "");
	}
}

static void add_ranking(struct document *document, const struct choose_report *report)
{
	struct doc_column column[COLUMNS_MAX] = {
		{.heading = "rank", .key = true},
		{.heading = "allocator", .key = true},
		{.heading = "score"},
	};
	size_t columns = FIXED_COLUMNS;
	struct doc_table *table = NULL;
	for (int i = 0; i < CHOOSE_CLASSES; i++)
		column[columns++].heading = choose_class_names[i];
	for (size_t i = 0; i < report->server->criteria; i++)
		column[columns++].heading = report->server->criterion[i].label;
	for (size_t i = 0; i < report->choices; i++) {
		if (!report->choice[i].ranked)
			continue;
		if (!table)
			table = document_table(document, column, columns);
		add_row(table, &report->choice[i], report->server);
	}
	if (!table)
		return;
	table->key_separator = " ";
	document_detail(document, BLOCK_PARAGRAPH, "%s", legend);
}

static void add_safety(struct document *document, const struct choose_report *report)
{
	document_block(document, BLOCK_HEADING, "Safety: fork()");
	for (size_t i = 0; i < report->choices; i++) {
		const struct choice *choice = &report->choice[i];
		bool unmeasured = !choice->out && choice->unmeasured;
		char safety[MODEL_TEXT_MAX * 2];
		choose_safety_text(safety, sizeof(safety), choice);
		document_add(document, (struct block_style){.hang = 4}, "%s%s: %s%s%s",
			choice->cell->allocator, choice->out ? " is out" : "", safety,
			unmeasured ? "; not ranked, not measured: " : "",
			unmeasured ? choice->unmeasured : "");
		document_add(document,
			(struct block_style){.kind = BLOCK_COMMAND, .indent = 4, .hang = 2}, "%s",
			choice->finding.command);
	}
}

static void add_recommendation(struct document *document, const struct choose_report *report)
{
	bool warned = !report->controls_passed;
	const struct choice *recommended = choose_recommended(report);
	char text[MODEL_TEXT_MAX];
	if (warned)
		document_add(document, (struct block_style){.kind = BLOCK_NOTE, .gap = true},
			"The controls did not give the expected results: the safety check may have "
			"let something through.");
	choose_advice(text, sizeof(text), report);
	document_add(
		document, (struct block_style){.tone = TONE_TITLE, .gap = !warned}, "%s", text);
	if (recommended) {
		choose_usage(text, sizeof(text), recommended->cell);
		document_add(document, (struct block_style){.indent = 4}, "%s: %s",
			recommended->cell->allocator, text);
	}
	format_environment(text, sizeof(text), &report->host);
	document_detail(document, BLOCK_PARAGRAPH, "%s", text);
	if (report->other_environment) {
		format_environment(text, sizeof(text), &report->from_host);
		document_block(document, BLOCK_NOTE,
			"The costs in %s were measured in another environment than this one (%s), "
			"in which safety was checked.",
			report->from,
			*text ? text : "without a variable that changes an allocator");
	}
	document_detail(document, BLOCK_PARAGRAPH,
		"Chosen in %.0f s, seed %" PRIu64 "; costs %s%s.", report->seconds, report->seed,
		report->from ? "from " : "measured", report->from ? report->from : " in this run");
}

int choose_print(FILE *out, enum output_format format, const struct choose_report *report,
	const struct print_options *options)
{
	if (format == OUTPUT_JSON)
		return choose_print_json(out, report);
	struct document document = {.options = options};
	char heap[32];

	cost_format_value(heap, sizeof(heap), (double)report->heap_bytes, COST_BYTES);
	document_block(&document, BLOCK_TITLE, "%s: %s; %" PRIu32 " thread%s, %s of heap",
		report->server->name, report->server->summary, report->threads,
		plural(report->threads), heap);
	add_ranking(&document, report);
	add_safety(&document, report);
	add_recommendation(&document, report);
	return document_write(out, &document, format);
}
