#include "print/grid.h"

#include "print/ink.h"
#include "print/line.h"
#include "print/utf8.h"
#include "print/wording.h"

#include <errno.h>
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

enum {
	CELL_MAX = 4 * MODEL_TEXT_MAX,
	NOTE_COLUMNS = 20,
};

#define SEPARATOR "  "

/* A table in one of its layouts. */
struct job {
	const struct table *of;
	bool utf8;
	bool brief;          /* matrix: the counts of ok cells are left to the bound */
	bool raised;         /* footnotes are referred to in superscript, not "[1]" */
	size_t note_columns; /* list: 0 leaves the notes out */
};

static struct job new_job(const struct table *table, enum table_layout layout)
{
	bool utf8 = table->paper->utf8;

	return (struct job){
		.of = table,
		.utf8 = utf8,
		.brief = layout == TABLE_MATRIX_BRIEF || layout == TABLE_MATRIX_RAISED,
		.raised = layout == TABLE_MATRIX_RAISED && utf8,
		.note_columns = layout == TABLE_LIST_NOTED ? NOTE_COLUMNS : 0,
	};
}

/* A table with these columns, each a line or more high. */
static struct libscols_table *new_grid(const char *const *headings, size_t count, bool utf8)
{
	struct libscols_table *table = scols_new_table();

	if (!table || scols_table_set_column_separator(table, SEPARATOR) != 0)
		goto fail;
	for (size_t i = 0; i < count; i++) {
		char heading[MODEL_NAME_MAX];
		struct libscols_column *column;

		utf8_clean(heading, sizeof(heading), headings[i], utf8);
		column = scols_table_new_column(table, heading, 0, SCOLS_FL_WRAP);
		if (!column || scols_column_set_safechars(column, "\n") != 0 ||
			scols_column_set_wrapfunc(column, scols_wrapnl_chunksize,
				scols_wrapnl_nextchunk, NULL) != 0 ||
			scols_cell_set_color(scols_column_get_header(column), INK_TITLE) != 0)
			goto fail;
	}
	return table;
fail:
	scols_unref_table(table);
	return NULL;
}

static int set_cell(struct libscols_line *row, size_t column, const char *text, const char *ink)
{
	struct libscols_cell *cell = scols_line_get_cell(row, column);

	if (scols_cell_set_data(cell, text) != 0)
		return -ENOMEM;
	return ink && scols_cell_set_color(cell, ink) != 0 ? -ENOMEM : 0;
}

/* "deadlock [1]", or "deadlock¹" where there is little room. */
static void add_verdict(struct line *line, const struct job *job, const struct cell *cell)
{
	char mark[FOOTNOTE_MARK_MAX];

	footnote_mark(mark, job->of->footnotes, cell, job->raised);
	line_add(line, "%s%s", word_verdict(cell), mark);
}

static void matrix_text(char text[CELL_MAX], const struct job *job, const struct cell *cell)
{
	struct line line = line_in(text, CELL_MAX);
	char counts[WORDING_MAX], bound[WORDING_MAX];

	add_verdict(&line, job, cell);
	if (cell->trials == 0)
		return;
	word_counts(counts, sizeof(counts), cell);
	word_bound(bound, sizeof(bound), cell, job->utf8);
	if (cell->verdict != VERDICT_OK)
		line_add(&line, "\n%s", counts);
	else if (job->brief)
		line_add(&line, "\n%s", bound);
	else
		line_add(&line, "\n%s, %s", counts, bound);
}

/* The allocator's name, and below it its version. */
static void allocator_text(char text[CELL_MAX], const struct job *job, const struct cell *cell)
{
	char name[MODEL_NAME_MAX], whole[MODEL_NAME_MAX], version[MODEL_NAME_MAX];

	utf8_clean(name, sizeof(name), cell->allocator, job->utf8);
	utf8_clean(whole, sizeof(whole), cell->version, job->utf8);
	word_version(version, sizeof(version), whole);
	(void)snprintf(text, CELL_MAX, "%s%s%s", name, *version ? "\n  " : "", version);
}

static int add_matrix_row(struct libscols_table *table, const struct job *job, size_t allocator)
{
	struct libscols_line *row = scols_table_new_line(table, NULL);
	char text[CELL_MAX];

	if (!row)
		return -ENOMEM;
	allocator_text(text, job, matrix_row(job->of->matrix, allocator));
	if (set_cell(row, 0, text, NULL) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < job->of->matrix->scenario.count; i++) {
		const struct cell *cell = matrix_cell(job->of->matrix, allocator, i);

		if (cell)
			matrix_text(text, job, cell);
		if (set_cell(row, i + 1, cell ? text : "-", cell ? ink_of(cell) : NULL) != 0)
			return -ENOMEM;
	}
	return 0;
}

static struct libscols_table *matrix_grid(const struct job *job)
{
	const struct axis *scenario = &job->of->matrix->scenario;
	const char **headings = calloc(scenario->count + 1, sizeof(char *));
	struct libscols_table *table = NULL;
	int status = 0;

	if (!headings)
		return NULL;
	headings[0] = "allocator";
	for (size_t i = 0; i < scenario->count; i++)
		headings[i + 1] = scenario->name[i];
	table = new_grid(headings, scenario->count + 1, job->utf8);
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
static void note_text(char text[CELL_MAX], const struct job *job, const struct cell *cell)
{
	char note[MODEL_NAME_MAX] = "";
	struct line line = line_in(text, CELL_MAX);
	const struct finding *finding = &cell->finding;

	if (cell->has_finding)
		utf8_clean(note, sizeof(note), *finding->call ? finding->call : finding->step,
			job->utf8);
	for (const char *rest = note; *rest; rest += strspn(rest, " ")) {
		size_t length = wrap_line(rest, job->note_columns);

		line_add_item(&line, 0, "\n", "%.*s", (int)length, rest);
		rest += length;
	}
}

enum { LIST_ALLOCATOR, LIST_SCENARIO, LIST_VERDICT, LIST_BAD, LIST_BOUND, LIST_NOTE, LIST_COLUMNS };

static int add_list_row(struct libscols_table *table, const struct job *job,
	const struct cell *cell, bool first_of_allocator)
{
	struct libscols_line *row = scols_table_new_line(table, NULL);
	const char *ink = ink_of(cell);
	char name[MODEL_NAME_MAX], bound[WORDING_MAX] = "", counts[WORDING_MAX], text[CELL_MAX];
	struct line verdict = line_in(text, sizeof(text));
	int status = row ? 0 : -ENOMEM;

	if (status == 0 && first_of_allocator) {
		utf8_clean(name, sizeof(name), cell->allocator, job->utf8);
		status = set_cell(row, LIST_ALLOCATOR, name, NULL);
	}
	utf8_clean(name, sizeof(name), cell->scenario, job->utf8);
	add_verdict(&verdict, job, cell);
	word_counts(counts, sizeof(counts), cell);
	if (cell->trials > 0)
		word_bound(bound, sizeof(bound), cell, job->utf8);
	if (status == 0)
		status = set_cell(row, LIST_SCENARIO, name, NULL);
	if (status == 0)
		status = set_cell(row, LIST_VERDICT, text, ink);
	if (status == 0)
		status = set_cell(row, LIST_BAD, counts, ink);
	if (status == 0)
		status = set_cell(row, LIST_BOUND, bound, ink);
	if (status == 0 && job->note_columns > 0) {
		note_text(text, job, cell);
		status = set_cell(row, LIST_NOTE, text, NULL);
	}
	return status;
}

static int add_list_rows(struct libscols_table *table, const struct job *job, size_t allocator)
{
	const struct cell *first = matrix_row(job->of->matrix, allocator);
	int status = 0;

	for (size_t i = 0; status == 0 && i < job->of->matrix->scenario.count; i++) {
		const struct cell *cell = matrix_cell(job->of->matrix, allocator, i);

		if (cell)
			status = add_list_row(table, job, cell, cell == first);
	}
	return status;
}

static struct libscols_table *list_grid(const struct job *job)
{
	static const char *const headings[LIST_COLUMNS] = {
		"allocator", "scenario", "verdict", "bad", "bound", "in"};
	struct libscols_table *table =
		new_grid(headings, LIST_COLUMNS - (job->note_columns == 0), job->utf8);
	int status = 0;

	for (size_t i = 0; table && status == 0 && i < job->of->matrix->allocator.count; i++)
		status = add_list_rows(table, job, i);
	if (status != 0) {
		scols_unref_table(table);
		return NULL;
	}
	return table;
}

/* The table as text; NULL without memory. */
static char *render(struct libscols_table *table, bool color)
{
	char *text = NULL;

	(void)scols_table_enable_colors(table, color);
	(void)scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER); /* no limit */
	return scols_print_table_to_string(table, &text) == 0 ? text : NULL;
}

static struct libscols_table *lay_out(const struct job *job, enum table_layout layout)
{
	return layout < TABLE_LIST_NOTED ? matrix_grid(job) : list_grid(job);
}

char *grid_text(const struct table *table, enum table_layout layout, bool color)
{
	struct job job = new_job(table, layout);
	struct libscols_table *grid = lay_out(&job, layout);
	char *text = grid ? render(grid, color) : NULL;

	scols_unref_table(grid);
	return text;
}
