#include "matrix_layout.h"

#include "color.h"
#include "result_counts.h"
#include "strbuf.h"
#include "text_table.h"
#include "utf8.h"

#include <errno.h>
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

enum {
	CELL_MAX = 4 * MODEL_TEXT_MAX,
	DAMAGE_COLUMNS = 20,
};

/* A table in one of its layouts. */
struct layout_options {
	const struct matrix_table *of;
	bool utf8;
	bool brief;          /* matrix: the counts of ok cells are left to the bound */
	bool superscript;    /* footnotes are referred to in superscript, not "[1]" */
	bool atfork;         /* matrix: a column on the allocators' handlers */
	size_t note_columns; /* list: 0 leaves the notes out */
};

static struct layout_options layout_options_of(
	const struct matrix_table *table, enum matrix_layout layout)
{
	bool utf8 = table->text_out->utf8;

	return (struct layout_options){
		.of = table,
		.utf8 = utf8,
		.brief = layout == MATRIX_LAYOUT_BRIEF || layout == MATRIX_LAYOUT_SUPERSCRIPT,
		.atfork = layout < MATRIX_LAYOUT_LIST_NOTES && matrix_has_atfork(table->matrix),
		.superscript = layout == MATRIX_LAYOUT_SUPERSCRIPT && utf8,
		.note_columns = layout == MATRIX_LAYOUT_LIST_NOTES ? DAMAGE_COLUMNS : 0,
	};
}

/* "deadlock [1]", or "deadlock¹" where there is little room. */
static void add_verdict(
	struct strbuf *line, const struct layout_options *job, const struct result *result)
{
	char mark[FOOTNOTE_MARK_MAX];

	footnote_mark(mark, job->of->footnotes, result, job->superscript);
	strbuf_addf(line, "%s%s", format_verdict(result_deciding_cell(result)), mark);
}

static void cell_text(
	char text[CELL_MAX], const struct layout_options *job, const struct result *result)
{
	bool bounded = result_deciding_cell(result)->verdict == VERDICT_OK;
	struct strbuf line = strbuf_init(text, CELL_MAX);
	struct result_counts counts;

	result_counts_format(&counts, result, job->utf8);
	bounded &= *counts.bound != '\0';
	add_verdict(&line, job, result);
	if (*counts.sweep)
		strbuf_addf(&line, "\n%s", counts.sweep);
	if (bounded && job->brief)
		strbuf_addf(&line, "\n%s", counts.bound);
	else if (*counts.stress)
		strbuf_addf(&line, "\n%s%s%s", counts.stress, bounded ? ", " : "",
			bounded ? counts.bound : "");
}

/* The allocator's name, and below it its version. */
static void allocator_text(
	char text[CELL_MAX], const struct layout_options *job, const struct result *result)
{
	const struct cell *cell = result_deciding_cell(result), *other = result_other_cell(result);
	char name[MODEL_NAME_MAX], whole[MODEL_NAME_MAX], version[MODEL_NAME_MAX];

	utf8_sanitize(name, sizeof(name), model_subject(cell), job->utf8);
	utf8_sanitize(whole, sizeof(whole),
		*cell->version || !other ? cell->version : other->version, job->utf8);
	format_version(version, sizeof(version), whole);
	(void)snprintf(text, CELL_MAX, "%s%s%s", name, *version ? "\n  " : "", version);
}

static int add_matrix_row(
	struct libscols_table *table, const struct layout_options *job, size_t allocator)
{
	struct libscols_line *row = scols_table_new_line(table, NULL);
	const struct result *first = matrix_first_result(job->of->matrix, allocator);
	char text[CELL_MAX];

	if (!row)
		return -ENOMEM;
	allocator_text(text, job, first);
	if (text_table_set(row, 0, text, NULL) != 0)
		return -ENOMEM;
	utf8_sanitize(text, sizeof(text), result_deciding_cell(first)->atfork, job->utf8);
	if (job->atfork && text_table_set(row, 1, text, NULL) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < job->of->matrix->scenario.count; i++) {
		const struct result *result = matrix_result(job->of->matrix, allocator, i);
		const char *color = result ? verdict_color(result_deciding_cell(result)) : NULL;

		if (result)
			cell_text(text, job, result);
		if (text_table_set(row, i + 1 + job->atfork, result ? text : "-", color) != 0)
			return -ENOMEM;
	}
	return 0;
}

static struct libscols_table *new_matrix_table(const struct layout_options *job)
{
	const struct matrix_axis *scenario = &job->of->matrix->scenario;
	size_t before = 1 + job->atfork;
	const char **headings = calloc(scenario->count + before, sizeof(char *));
	struct libscols_table *table = NULL;
	int status = 0;

	if (!headings)
		return NULL;
	headings[0] = "allocator";
	if (job->atfork)
		headings[1] = "atfork";
	for (size_t i = 0; i < scenario->count; i++)
		headings[i + before] = scenario->name[i];
	table = text_table_new(headings, scenario->count + before, job->utf8);
	free(headings);
	for (size_t i = 0; table && status == 0 && i < job->of->matrix->allocator.count; i++)
		status = add_matrix_row(table, job, i);
	if (status != 0) {
		scols_unref_table(table);
		return NULL;
	}
	return table;
}

/* What the finding was in the middle of, broken into lines of the column's width. */
static void note_text(
	char text[CELL_MAX], const struct layout_options *job, const struct cell *cell)
{
	char note[MODEL_NAME_MAX] = "";
	struct strbuf line = strbuf_init(text, CELL_MAX);
	const struct finding *finding = &cell->finding;

	if (cell->has_finding)
		utf8_sanitize(note, sizeof(note), *finding->call ? finding->call : finding->step,
			job->utf8);
	for (const char *rest = note; *rest; rest += strspn(rest, " ")) {
		size_t length = wrap_line(rest, job->note_columns);

		strbuf_add_item(&line, 0, "\n", "%.*s", (int)length, rest);
		rest += length;
	}
}

enum { LIST_ALLOCATOR, LIST_SCENARIO, LIST_VERDICT, LIST_BAD, LIST_BOUND, LIST_NOTE, LIST_COLUMNS };

/* The texts of a row but for the allocator and the note; the bound stands beside its trials. */
static int set_list_texts(struct libscols_line *row, const struct layout_options *job,
	const struct result *result, const char *color)
{
	char name[MODEL_NAME_MAX], text[CELL_MAX];
	struct strbuf verdict = strbuf_init(text, sizeof(text)), bad, bound;
	struct result_counts counts;
	int status;

	utf8_sanitize(name, sizeof(name), result_deciding_cell(result)->scenario, job->utf8);
	status = text_table_set(row, LIST_SCENARIO, name, NULL);
	add_verdict(&verdict, job, result);
	if (status == 0)
		status = text_table_set(row, LIST_VERDICT, text, color);
	result_counts_format(&counts, result, job->utf8);
	bad = strbuf_init(text, sizeof(text));
	strbuf_addf(&bad, "%s", counts.sweep);
	if (*counts.stress)
		strbuf_add_item(&bad, 0, "\n", "%s", counts.stress);
	if (status == 0)
		status = text_table_set(row, LIST_BAD, text, color);
	bound = strbuf_init(text, sizeof(text));
	if (*counts.bound)
		strbuf_addf(&bound, "%s%s", *counts.sweep ? "\n" : "", counts.bound);
	return status == 0 ? text_table_set(row, LIST_BOUND, text, color) : status;
}

static int add_list_row(struct libscols_table *table, const struct layout_options *job,
	const struct result *result, bool first_of_allocator)
{
	struct libscols_line *row = scols_table_new_line(table, NULL);
	const struct cell *cell = result_deciding_cell(result);
	char name[MODEL_NAME_MAX], text[CELL_MAX];
	int status = row ? 0 : -ENOMEM;

	if (status == 0 && first_of_allocator) {
		utf8_sanitize(name, sizeof(name), model_subject(cell), job->utf8);
		status = text_table_set(row, LIST_ALLOCATOR, name, NULL);
	}
	if (status == 0)
		status = set_list_texts(row, job, result, verdict_color(cell));
	if (status == 0 && job->note_columns > 0) {
		note_text(text, job, cell);
		status = text_table_set(row, LIST_NOTE, text, NULL);
	}
	return status;
}

static int add_list_rows(
	struct libscols_table *table, const struct layout_options *job, size_t allocator)
{
	const struct result *first = matrix_first_result(job->of->matrix, allocator);
	int status = 0;

	for (size_t i = 0; status == 0 && i < job->of->matrix->scenario.count; i++) {
		const struct result *result = matrix_result(job->of->matrix, allocator, i);

		if (result)
			status = add_list_row(table, job, result, result == first);
	}
	return status;
}

static struct libscols_table *new_list_table(const struct layout_options *job)
{
	static const char *const headings[LIST_COLUMNS] = {
		"allocator", "scenario", "verdict", "bad", "bound", "in"};
	struct libscols_table *table =
		text_table_new(headings, LIST_COLUMNS - (job->note_columns == 0), job->utf8);
	int status = 0;

	for (size_t i = 0; table && status == 0 && i < job->of->matrix->allocator.count; i++)
		status = add_list_rows(table, job, i);
	if (status != 0) {
		scols_unref_table(table);
		return NULL;
	}
	return table;
}

static struct libscols_table *new_table(const struct layout_options *job, enum matrix_layout layout)
{
	return layout < MATRIX_LAYOUT_LIST_NOTES ? new_matrix_table(job) : new_list_table(job);
}

char *matrix_layout_text(const struct matrix_table *table, enum matrix_layout layout, bool color)
{
	struct layout_options job = layout_options_of(table, layout);
	struct libscols_table *grid = new_table(&job, layout);
	char *text = grid ? text_table_render(grid, color) : NULL;

	scols_unref_table(grid);
	return text;
}
