#include "run_tables.h"

#include "audit_text.h"
#include "finding_text.h"
#include "format.h"
#include "result_counts.h"
#include "strbuf.h"

#include <stdlib.h>
#include <string.h>

enum block_tone verdict_tone(const struct cell *cell)
{
	static const enum block_tone tones[VERDICT_COUNT] = {
		[VERDICT_OK] = TONE_GOOD,
		[VERDICT_DEADLOCK] = TONE_BAD,
		[VERDICT_LIVELOCK] = TONE_BAD,
		[VERDICT_CRASH] = TONE_BAD,
		[VERDICT_CORRUPTION] = TONE_BAD,
		[VERDICT_PARENT_DEADLOCK] = TONE_BAD,
		[VERDICT_REFUSED] = TONE_UNDECIDED,
		[VERDICT_UNKNOWN] = TONE_UNDECIDED,
		[VERDICT_SKIPPED] = TONE_DIM,
		[VERDICT_BROKEN] = TONE_DIM,
	};
	return cell_was_run(cell) ? tones[cell->verdict] : TONE_DIM;
}

/* ---- A matrix of allocators and scenarios ---- */

struct matrix_style {
	const struct footnotes *footnotes;
	bool utf8;
	bool brief;       /* the counts of ok cells are left to the bound */
	bool superscript; /* footnotes are referred to in superscript, not "[1]" */
};

/* "deadlock [1]", or "deadlock¹" where there is little room. */
static void add_verdict(
	struct doc_table *table, const struct result *result, const struct matrix_style *style)
{
	const struct cell *cell = result_deciding_cell(result);
	char mark[FOOTNOTE_MARK_MAX];
	footnote_mark(mark, style->footnotes, result, style->superscript);
	table_cell(table, verdict_tone(cell), "%s%s", format_verdict(cell), mark);
}

static void add_result(
	struct doc_table *table, const struct result *result, const struct matrix_style *style)
{
	struct result_counts counts;
	bool bounded;
	if (!result) {
		table_cell(table, TONE_PLAIN, "-");
		return;
	}
	result_counts_format(&counts, result, style->utf8);
	bounded = result->verdict == VERDICT_OK && *counts.bound;
	add_verdict(table, result, style);
	table_line(table, "%s", counts.sweep);
	if (bounded && style->brief)
		table_line(table, "%s", counts.bound);
	else if (*counts.stress)
		table_line(table, "%s%s%s", counts.stress, bounded ? ", " : "",
			bounded ? counts.bound : "");
}

static void add_matrix_row(struct doc_table *table, const struct matrix *matrix, size_t allocator,
	const struct matrix_style *style)
{
	const struct result *first = matrix_first_result(matrix, allocator);
	const struct cell *cell = result_deciding_cell(first), *other = result_other_cell(first);
	char version[MODEL_NAME_MAX], atfork[MODEL_NAME_MAX] = "";
	format_version(version, sizeof(version),
		*cell->version || !other ? cell->version : other->version);
	table_cell(table, TONE_PLAIN, "%s", model_subject(cell));
	if (*version)
		table_line(table, "  %s", version);
	if (cell->audited)
		audit_text_brief(atfork, sizeof(atfork), &cell->atfork);
	if (matrix_has_atfork(matrix))
		table_cell(table, TONE_PLAIN, "%s", atfork);
	for (size_t i = 0; i < matrix->scenario.count; i++)
		add_result(table, matrix_result(matrix, allocator, i), style);
}

/* In the style of the n-th layout: with all counts, without those of ok cells, with superscript. */
static struct doc_table *add_matrix_layout(struct document *document, struct doc_table *wider,
	const struct matrix *matrix, const struct matrix_style *style)
{
	size_t before = matrix_has_atfork(matrix) ? 2 : 1;
	size_t columns = before + matrix->scenario.count;
	struct doc_column *column = calloc(columns, sizeof(*column));
	struct doc_table *table = NULL;
	if (column) {
		column[0] = (struct doc_column){.heading = "allocator", .key = true};
		column[1].heading = "atfork";
		for (size_t i = before; i < columns; i++)
			column[i].heading = matrix->scenario.name[i - before];
		table = wider ? table_narrower(wider, column, columns)
			      : document_table(document, column, columns);
	}
	document->failed |= !table;
	free(column);
	for (size_t i = 0; table && i < matrix->allocator.count; i++)
		add_matrix_row(table, matrix, i, style);
	return table;
}

/* ---- A list of the same, where the matrix is too wide ---- */

enum { NOTE_COLUMNS = 20 };

static const struct doc_column list_columns[] = {
	{.heading = "allocator", .key = true, .once = true},
	{.heading = "scenario", .key = true},
	{.heading = "verdict", .bare = true},
	{.heading = "bad", .bare = true},
	{.heading = "bound", .bare = true},
	{.heading = "in", .optional = true, .wrap = true, .cut = NOTE_COLUMNS},
};

static void add_list_row(
	struct doc_table *table, const struct result *result, const struct matrix_style *style)
{
	const struct cell *cell = result_deciding_cell(result);
	enum block_tone tone = verdict_tone(cell);
	struct result_counts counts;
	char call[MODEL_NAME_MAX] = "";
	result_counts_format(&counts, result, style->utf8);
	table_cell(table, TONE_PLAIN, "%s", model_subject(cell));
	table_cell(table, TONE_PLAIN, "%s", cell->scenario);
	add_verdict(table, result, style);
	table_cell(table, tone, "%s", counts.sweep);
	table_line(table, "%s", counts.stress);
	/* The bound stands beside its trials. */
	table_cell(table, tone, "%s", *counts.bound && *counts.sweep ? " " : "");
	table_line(table, "%s", counts.bound);
	if (cell->has_finding)
		finding_text_call(call, sizeof(call), &cell->finding.call);
	table_cell(table, TONE_PLAIN, "%s",
		*call ? call : finding_text_step(cell->finding.step, cell->finding.step_name));
}

void add_matrix(
	struct document *document, const struct matrix *matrix, const struct footnotes *footnotes)
{
	struct matrix_style style = {.footnotes = footnotes, .utf8 = document->options->utf8};
	struct doc_table *table = add_matrix_layout(document, NULL, matrix, &style), *list = table;
	style.brief = true;
	list = list ? add_matrix_layout(document, list, matrix, &style) : NULL;
	style.superscript = style.utf8;
	list = list ? add_matrix_layout(document, list, matrix, &style) : NULL;
	style.superscript = false;
	list = table_narrower(list, list_columns, sizeof(list_columns) / sizeof(list_columns[0]));
	if (!table || !list)
		return;
	table->group = 1;
	list->key_separator = " / ";
	for (size_t i = 0; i < matrix->allocator.count * matrix->scenario.count; i++)
		if (matrix->result[i])
			add_list_row(list, matrix->result[i], &style);
}

/* ---- Windows ---- */

static const struct doc_column window_columns[] = {
	{.heading = "points", .key = true},
	{.heading = "verdict", .bare = true},
	{.heading = "child's step"},
	{.heading = "worker in"},
	{.heading = "worker at"},
	{.heading = "lock"},
	{.heading = "stuck at"},
};

static bool is_hang(enum verdict verdict)
{
	return verdict == VERDICT_DEADLOCK || verdict == VERDICT_LIVELOCK ||
	       verdict == VERDICT_PARENT_DEADLOCK;
}

static void add_window(struct doc_table *table, const struct window *window)
{
	char points[MODEL_NAME_MAX], proof[MODEL_NAME_MAX] = "", call[MODEL_NAME_MAX];
	char owner[MODEL_NAME_MAX];
	struct strbuf line = strbuf_init(points, sizeof(points));
	uint32_t tried = window->last - window->first + 1 - window->left_out;
	strbuf_addf(&line, "%u", window->first);
	if (window->last > window->first)
		strbuf_addf(&line, "-%u", window->last);
	if (window->left_out > 0)
		strbuf_addf(&line, " (%u left out)", window->left_out);
	/* A hang is proven unless it says otherwise. */
	line = strbuf_init(proof, sizeof(proof));
	if (is_hang(window->verdict) && window->proven == 0)
		strbuf_addf(&line, " (no proof)");
	else if (is_hang(window->verdict) && window->proven < tried)
		strbuf_addf(&line, " (%u proven)", window->proven);
	table_cell(table, TONE_PLAIN, "%s", points);
	table_cell(table, TONE_PLAIN, "%s%s", verdict_name(window->verdict), proof);
	finding_text_call(call, sizeof(call), &window->call);
	finding_text_role(owner, sizeof(owner), &window->owner);
	table_cell(table, TONE_PLAIN, "%s", finding_text_step(window->step, window->step_name));
	table_cell(table, TONE_PLAIN, "%s", call);
	table_cell(table, TONE_PLAIN, "%s", window->worker);
	table_cell(table, TONE_PLAIN, "%s%s%s", window->lock,
		*owner ? *window->lock ? ", held by " : "held by " : "", owner);
	table_cell(table, TONE_PLAIN, "%s", window->waiter);
}

void add_windows(struct document *document, const struct cell *sweep)
{
	struct doc_table *table = document_table(
		document, window_columns, sizeof(window_columns) / sizeof(window_columns[0]));
	uint32_t lost = sweep->sweep.windows_lost;
	for (size_t i = 0; i < sweep->sweep.windows; i++)
		add_window(table, &sweep->sweep.window[i]);
	if (lost > 0)
		document_add(document, (struct block_style){.indent = 4},
			"and %u more window%s, of which only the points are counted", lost,
			lost == 1 ? "" : "s");
}

/* ---- What mitigations cost ---- */

/* Three digits, and a prefix from `prefix` on: each is 1000 times the one before it. */
static void add_scaled(
	struct strbuf *line, double value, const char *const *prefix, const char *unit)
{
	while (value >= 999.5 && prefix[1]) {
		value /= 1000;
		prefix++;
	}
	strbuf_addf(line, "%.*f %s%s",
		value < 9.995   ? 2
		: value < 99.95 ? 1
				: 0,
		value, *prefix, unit);
}

static void add_ratio(struct strbuf *line, double with, double without, const char *const *prefix,
	const char *unit)
{
	if (!(with > 0) || !(without > 0)) {
		strbuf_addf(line, "-");
		return;
	}
	add_scaled(line, with, prefix, unit);
	strbuf_addf(line, " (× %.2g)", with / without);
}

void mitigation_cost_format(char out[MITIGATION_COST_MAX], const struct cell *cell, int column)
{
	static const char *const counts[] = {"", "k", "M", NULL}, *const times[] = {"µ", "m", NULL};
	const struct speed *with = &cell->cost.with, *without = &cell->cost.without;
	struct strbuf line = strbuf_init(out, MITIGATION_COST_MAX);
	switch (column) {
	case MITIGATION_COST_CELL:
		format_cell(out, MITIGATION_COST_MAX, cell);
		break;
	case MITIGATION_COST_OPERATIONS:
		add_ratio(&line, with->operations_per_s, without->operations_per_s, counts, "/s");
		break;
	case MITIGATION_COST_FORK_MEDIAN:
		add_ratio(&line, with->fork_median_us, without->fork_median_us, times, "s");
		break;
	default:
		add_ratio(&line, with->fork_max_us, without->fork_max_us, times, "s");
	}
}

void add_mitigation_costs(struct document *document, const struct report *report)
{
	static const struct doc_column columns[MITIGATION_COST_COLUMNS] = {
		[MITIGATION_COST_CELL] = {.heading = "with the cure", .key = true},
		[MITIGATION_COST_OPERATIONS] = {.heading = "operations per second"},
		[MITIGATION_COST_FORK_MEDIAN] = {.heading = "fork, median"},
		[MITIGATION_COST_FORK_MAX] = {.heading = "fork, maximum"},
	};
	struct doc_table *table = NULL;
	char words[MITIGATION_COST_MAX];
	for (size_t i = 0; i < report->cells; i++) {
		if (!report->cell[i].cost.measured)
			continue;
		if (!table) {
			document_detail(document, BLOCK_HEADING, "What the cure costs");
			table = document_table(document, columns, MITIGATION_COST_COLUMNS);
		}
		for (int column = 0; column < MITIGATION_COST_COLUMNS; column++) {
			mitigation_cost_format(words, &report->cell[i], column);
			table_cell(table, TONE_PLAIN, "%s", words);
		}
	}
	if (!table)
		return;
	document->block[document->blocks - 1].style.detail = true;
	document_detail(document, BLOCK_PARAGRAPH,
		"Operations are the workers' calls into the allocator, without forks. The time of "
		"a fork is measured in the parent, while the workers run. In parentheses: the "
		"ratio to the figure without the cure, measured in the same run.");
}
