/* What a fork costs, for readers: a table for each kind of cost. */
#include "cost_print.h"
#include "format.h"
#include "plural.h"
#include "strbuf.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COST_LINES = 4, COST_PARTS = 3, KEYS = 2, LIST_COLUMNS = 4 };

/* A figure in a line of a cell, and the text before it. */
struct cost_part {
	const char *before; /* NULL: no more parts */
	int figure;
	bool spread; /* with the spread of the rounds */
};

/* One table: a row for each threads and heap, a column for each allocator. */
struct cost_table {
	const char *title, *legend;
	bool optional; /* left out where no cell has any of it */
	struct cost_part part[COST_LINES][COST_PARTS];
};

static const struct cost_table tables[] = {
	{"fork(): how long its caller waits",
		"The threads work meanwhile. \"First\" is the first fork() of a process that has "
		"just written its whole heap.",
		false,
		{{{"", COST_FORK_P50, true}},
			{{"p99 ", COST_FORK_P99, false}, {"max ", COST_FORK_MAX, false}},
			{{"first ", COST_FORK_FIRST, false}}}},
	{"Where that time goes",
		"Medians. A bare fork is _Fork(), made in turn with the others: no handler runs, "
		"and libc does no more than it must.",
		false,
		{{{"prepare ", COST_FORK_PREPARE, false}, {"parent ", COST_FORK_PARENT, false}},
			{{"kernel, libc ", COST_FORK_KERNEL_AND_LIBC, false}},
			{{"bare fork ", COST_BARE_FORK_P50, false}}}},
	{"The stall of the others: the longest malloc() or free() of a background thread",
		"Around a fork, from its call to the end of its child, which ends at once: the "
		"median of all forks, the longest of all, and the p99 of all calls; against the "
		"same threads without forks.",
		false,
		{{{"", COST_STALL_P50, true}, {"max ", COST_STALL_MAX, false}},
			{{"p99 ", COST_STALL_P99, false}},
			{{"without max ", COST_CALM_MAX, false}, {"p99 ", COST_CALM_P99, false}}}},
	{"The background without forks: calls of all threads together",
		"Without threads: of the main thread.", false, {{{"", COST_CALL_RATE, true}}}},
	{"The child: time and page faults",
		"Of its first allocation, of its first thousand, and of freeing a thousand blocks "
		"of the parent's (all, if there are fewer).",
		false,
		{{{"handlers ", COST_HANDLERS_TIME, false}},
			{{"first ", COST_FIRST_TIME, true}, {"faults ", COST_FIRST_FAULTS, false}},
			{{"1000 ", COST_FULL_TIME, true}, {"faults ", COST_FULL_FAULTS, false}},
			{{"frees ", COST_FREED_TIME, true},
				{"faults ", COST_FREED_FAULTS, false}}}},
	{"Copied pages: memory that became private and dirty",
		"In the child by the allocator's handlers alone, by one allocation, by a thousand, "
		"by freeing a thousand inherited blocks; in the parent by replacing a thousand "
		"blocks while a child lives.",
		false,
		{{{"handlers ", COST_HANDLERS_COPY, false}, {"first ", COST_FIRST_COPY, false}},
			{{"1000 ", COST_FULL_COPY, true}}, {{"frees ", COST_FREED_COPY, true}},
			{{"parent ", COST_PARENT_COPY, true}}}},
	{"What dead threads leave behind",
		"Blocks that the parent's threads have freed, and that the child does not get "
		"again however much it allocates; nor when it starts as many threads; and the same "
		"in the parent once the old threads have ended.",
		false,
		{{{"", COST_STRANDED, false}, {"of ", COST_CACHED_BYTES, false}},
			{{"with new threads ", COST_STRANDED_DESPITE_THREADS, false}},
			{{"after their end ", COST_STRANDED_AFTER_EXIT, false}}}},
	{"Memory of parent and 8 children together (PSS)",
		"The parent alone; 8 children just forked; each has made a thousand allocations; "
		"and freed a thousand inherited blocks; the parent has replaced a thousand.",
		false,
		{{{"alone ", COST_MEMORY(COST_MOMENT_NO_CHILD, COST_ALL_PSS), false}},
			{{"forked ", COST_MEMORY(COST_MOMENT_FORKED, COST_ALL_PSS), false},
				{"allocated ", COST_MEMORY(COST_MOMENT_ALLOCATED, COST_ALL_PSS),
					false}},
			{{"freed ", COST_MEMORY(COST_MOMENT_FREED, COST_ALL_PSS), false},
				{"parent on ", COST_MEMORY(COST_MOMENT_PARENT_WROTE, COST_ALL_PSS),
					false}}}},
	{"The snapshot server: a heap that changes while a child writes it to a file",
		"fork() in the server; the longest of its requests while the child wrote, and the "
		"p99, each counted from when it was due; against the same without a child; how "
		"long the child took, and what memory all of it took in addition. Every byte of "
		"the file was compared with what it must be.",
		true,
		{{{"fork ", COST_SNAPSHOT_FORK, true}},
			{{"longest ", COST_SNAPSHOT_STALL, true},
				{"p99 ", COST_SNAPSHOT_P99, false}},
			{{"without ", COST_SNAPSHOT_CALM_STALL, false},
				{"p99 ", COST_SNAPSHOT_CALM_P99, false}},
			{{"took ", COST_SNAPSHOT_TIME, false},
				{"copied ", COST_SNAPSHOT_COPIED, true},
				{"verified ", COST_SNAPSHOT_VERIFIED, false}}}},
	{"The prefork server: a child for each connection",
		"Requests that 4 clients make on the loopback, one after the other each: how many "
		"a second; from the connection to the last byte of the answer; without an answer "
		"in 16 s; private memory of a child that has answered.",
		true,
		{{{"", COST_PREFORK_RATE, true}},
			{{"p50 ", COST_PREFORK_P50, true}, {"p99 ", COST_PREFORK_P99, false}},
			{{"p99.9 ", COST_PREFORK_P999, false}, {"max ", COST_PREFORK_MAX, false}},
			{{"hung ", COST_PREFORK_HUNG, false},
				{"a child ", COST_PREFORK_CHILD, true}}}},
	{"The pool server: long-lived children that accept connections",
		"Requests that 4 clients make on the loopback, one after the other each, of 4 "
		"children: how many a second; from the connection to the last byte of the answer; "
		"without an answer in 16 s; private memory of a child when all is served.",
		true,
		{{{"", COST_POOL_RATE, true}},
			{{"p50 ", COST_POOL_P50, true}, {"p99 ", COST_POOL_P99, false}},
			{{"p99.9 ", COST_POOL_P999, false}, {"max ", COST_POOL_MAX, false}},
			{{"hung ", COST_POOL_HUNG, false}, {"a child ", COST_POOL_CHILD, true}}}},
};

/* ---- One table ---- */

static void add_part(
	struct strbuf *line, const struct cost_part *part, const struct cost_cell *cell)
{
	const struct cost_estimate *estimate = &cell->estimate[part->figure];
	enum cost_unit unit = cost_figure_info((size_t)part->figure)->unit;
	char value[64], low[64];
	strbuf_addf(line, "%s%s", line->used ? ", " : "", part->before);
	if (estimate->noisy && !isnan(estimate->value)) {
		cost_format_value(low, sizeof(low), estimate->low, unit);
		cost_format_value(value, sizeof(value), estimate->high, unit);
		strbuf_addf(line, "too noisy: %s to %s", low, value);
		return;
	}
	cost_format_estimate(value, sizeof(value), estimate, unit, part->spread);
	strbuf_addf(line, "%s", value);
}

static void add_cell(
	struct doc_table *to, const struct cost_table *group, const struct cost_cell *cell)
{
	char text[COST_TEXT_MAX];
	if (cell->rounds == 0) {
		table_cell(to, TONE_PLAIN, "%s",
			cell->corrupt   ? "corruption"
			: cell->cut     ? "answers cut short"
			: cell->skipped ? "not available here"
			: cell->failed  ? "broken"
					: "not run");
		return;
	}
	table_blank(to, 1);
	for (int i = 0; i < COST_LINES && group->part[i][0].before; i++) {
		struct strbuf line = strbuf_init(text, sizeof(text));
		for (int k = 0; k < COST_PARTS && group->part[i][k].before; k++)
			add_part(&line, &group->part[i][k], cell);
		table_line(to, "%s", text);
	}
}

static void add_keys(struct doc_table *to, const struct cost_cell *cell)
{
	char heap[64];
	cost_format_heap(heap, sizeof(heap), cell);
	table_cell(to, TONE_PLAIN, "%s", heap);
	table_cell(to, TONE_PLAIN, "%" PRIu32, cell->threads);
}

/* A row for each allocator, where the matrix is too wide. */
static void add_list(struct doc_table *matrix, const struct cost_table *group,
	const struct cost_report *report, const struct cost_layout *layout)
{
	static const struct doc_column columns[LIST_COLUMNS] = {
		{.heading = "heap", .key = true},
		{.heading = "threads", .key = true, .unit = true},
		{.heading = "allocator", .key = true},
		{.heading = "", .bare = true},
	};
	struct doc_table *list = table_narrower(matrix, columns, LIST_COLUMNS);
	char name[MODEL_NAME_MAX * 2];
	for (size_t i = 0; i < layout->rows * layout->columns; i++) {
		add_keys(list, &report->cell[i]);
		cost_format_column(name, sizeof(name), report, i % layout->columns);
		table_cell(list, TONE_PLAIN, "%s", name);
		add_cell(list, group, &report->cell[i]);
	}
}

static void add_table(struct document *document, const struct cost_table *group,
	const struct cost_report *report, const struct cost_layout *layout)
{
	size_t columns = KEYS + layout->columns;
	struct doc_column *column = calloc(columns, sizeof(*column));
	char(*name)[MODEL_NAME_MAX * 2] = calloc(columns, sizeof(*name));
	struct doc_table *matrix = NULL;
	if (column && name) {
		column[0] = (struct doc_column){.heading = "heap", .key = true};
		column[1] = (struct doc_column){.heading = "threads", .key = true, .unit = true};
		for (size_t i = KEYS; i < columns; i++) {
			cost_format_column(name[i], sizeof(name[i]), report, i - KEYS);
			column[i].heading = name[i];
		}
		matrix = document_table(document, column, columns);
	}
	document->failed |= !matrix;
	free(column);
	free(name);
	for (size_t row = 0, i = 0; row < layout->rows; row++) {
		add_keys(matrix, &report->cell[i]);
		for (size_t k = 0; k < layout->columns; k++)
			add_cell(matrix, group, &report->cell[i++]);
	}
	add_list(matrix, group, report, layout);
}

/* Whether any cell has a figure of that table. */
static bool applies(const struct cost_report *report, const struct cost_table *group)
{
	for (size_t i = 0; i < report->cells && group->optional; i++)
		if (report->cell[i].rounds &&
			!isnan(report->cell[i].estimate[group->part[0][0].figure].value))
			return true;
	return !group->optional;
}

/* ---- Notes ---- */

/* Each reason why a figure of that table is missing, once. */
static void add_reasons(
	struct document *document, const struct cost_report *report, const struct cost_table *group)
{
	bool given[COST_REASONS] = {false};
	for (size_t i = 0; i < report->cells; i++)
		for (int part = 0; report->cell[i].rounds && part < COST_LINES * COST_PARTS;
			part++) {
			const struct cost_part *of =
				&group->part[part / COST_PARTS][part % COST_PARTS];
			if (of->before)
				given[report->cell[i].estimate[of->figure].why] = true;
		}
	for (int reason = COST_WHY_NONE + 1; reason < COST_REASONS; reason++)
		if (given[reason])
			document_add(document, (struct block_style){.hang = 3},
				"-: not measured: %s.", cost_reason_text((enum cost_reason)reason));
}

static void add_cell_note(struct document *document, const struct cost_cell *cell)
{
	char heap[64], name[MODEL_NAME_MAX + 128], text[MODEL_TEXT_MAX];
	cost_format_heap(heap, sizeof(heap), cell);
	snprintf(name, sizeof(name), "%s, %" PRIu32 " thread%s, %s", cell->allocator, cell->threads,
		plural(cell->threads), heap);
	if (cell->failed) {
		cost_failure_text(text, sizeof(text), cell);
		document_block(document, BLOCK_NOTE, "%s: %s.", name, text);
	} else if (cell->hung) {
		document_block(document, BLOCK_NOTE,
			"%s: %" PRIu32 " %s not end in time, and its figures are incomplete; "
			"'forklab run -a %s' tells whether they hang.",
			name, cell->hung,
			cell->hung == 1 ? "child or request did" : "children or requests did",
			cell->allocator);
	}
	if (cell->late) {
		cost_late_text(text, sizeof(text), cell);
		document_block(document, BLOCK_NOTE,
			"%s: %s. A loaded machine explains that; the figures include them.", name,
			text);
	}
}

static void add_notes(struct document *document, const struct cost_report *report)
{
	char environment[FORMAT_MAX * 8];
	format_environment(environment, sizeof(environment), &report->host);
	document_add(
		document, (struct block_style){.detail = true, .gap = true}, "%s", environment);
	document_add(document, (struct block_style){.detail = true, .gap = true},
		"%zu %s in %.0f s, seed %" PRIu64 ": up to %" PRIu32
		" for each cell, in an order that differs from round to round. A figure is the "
		"median of their medians, and ± says how far they lie apart.",
		report->order_length, plural_of(report->order_length, "process", "processes"),
		report->seconds, report->seed, cost_most_rounds(report));
	document_detail(document, BLOCK_PARAGRAPH, "%s", report->note);
	if (report->noisy)
		document_block(document, BLOCK_NOTE,
			"This machine was too noisy for times to mean much: the same piece of work "
			"took %.1f times as long as at its fastest. Run it again when nothing else "
			"runs.",
			report->unevenness);
	if (report->cut)
		document_block(document, BLOCK_NOTE,
			"The budget was exhausted before all rounds were measured: --budget gives "
			"it more time.");
	if (report->partial)
		document_block(
			document, BLOCK_NOTE, "Interrupted: what is missing was not measured.");
	for (size_t i = 0; i < report->cells; i++)
		add_cell_note(document, &report->cell[i]);
}

static struct document cost_document(
	const struct cost_report *report, const struct print_options *options)
{
	struct document document = {.options = options};
	struct cost_layout layout = cost_layout(report);
	document_add(&document, (struct block_style){.kind = BLOCK_TITLE, .audience = FOR_MARKDOWN},
		"forklab: what a fork costs");
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (!applies(report, &tables[i]))
			continue;
		document_block(&document, BLOCK_HEADING, "%s", tables[i].title);
		add_table(&document, &tables[i], report, &layout);
		document_detail(&document, BLOCK_PARAGRAPH, "%s", tables[i].legend);
		add_reasons(&document, report, &tables[i]);
	}
	add_notes(&document, report);
	return document;
}

int cost_print(FILE *out, enum output_format format, const struct cost_report *report,
	const struct print_options *options)
{
	if (format == OUTPUT_JSON)
		return cost_print_json(out, report);
	if (format == OUTPUT_CSV)
		return cost_print_csv(out, report);
	struct document document = cost_document(report, options);
	return document_write(out, &document, format);
}
