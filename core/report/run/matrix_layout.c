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
	NOTE_COLUMNS = 20,
};

/* A table in one of its layouts. */
struct job {
	const struct table *of;
	bool utf8;
	bool brief;          /* matrix: the counts of ok cells are left to the bound */
	bool raised;         /* footnotes are referred to in superscript, not "[1]" */
	bool atfork;         /* matrix: a column on the allocators' handlers */
	size_t note_columns; /* list: 0 leaves the notes out */
};

static struct job new_job(const struct table *table, enum table_layout layout)
{
	bool utf8 = table->paper->utf8;

	return (struct job){
		.of = table,
		.utf8 = utf8,
		.brief = layout == TABLE_MATRIX_BRIEF || layout == TABLE_MATRIX_RAISED,
		.atfork = layout < TABLE_LIST_NOTED && matrix_has_atfork(table->matrix),
		.raised = layout == TABLE_MATRIX_RAISED && utf8,
		.note_columns = layout == TABLE_LIST_NOTED ? NOTE_COLUMNS : 0,
	};
}

/* "deadlock [1]", or "deadlock¹" where there is little room. */
static void add_verdict(struct line *line, const struct job *job, const struct pair *pair)
{
	char mark[FOOTNOTE_MARK_MAX];

	footnote_mark(mark, job->of->footnotes, pair, job->raised);
	line_add(line, "%s%s", word_verdict(pair_decides(pair)), mark);
}

static void matrix_text(char text[CELL_MAX], const struct job *job, const struct pair *pair)
{
	bool bounded = pair_decides(pair)->verdict == VERDICT_OK;
	struct line line = line_in(text, CELL_MAX);
	struct counts counts;

	counts_of(&counts, pair, job->utf8);
	bounded &= *counts.bound != '\0';
	add_verdict(&line, job, pair);
	if (*counts.sweep)
		line_add(&line, "\n%s", counts.sweep);
	if (bounded && job->brief)
		line_add(&line, "\n%s", counts.bound);
	else if (*counts.stress)
		line_add(&line, "\n%s%s%s", counts.stress, bounded ? ", " : "",
			bounded ? counts.bound : "");
}

/* The allocator's name, and below it its version. */
static void allocator_text(char text[CELL_MAX], const struct job *job, const struct pair *pair)
{
	const struct cell *cell = pair_decides(pair), *other = pair_other(pair);
	char name[MODEL_NAME_MAX], whole[MODEL_NAME_MAX], version[MODEL_NAME_MAX];

	utf8_clean(name, sizeof(name), model_subject(cell), job->utf8);
	utf8_clean(whole, sizeof(whole), *cell->version || !other ? cell->version : other->version,
		job->utf8);
	word_version(version, sizeof(version), whole);
	(void)snprintf(text, CELL_MAX, "%s%s%s", name, *version ? "\n  " : "", version);
}

static int add_matrix_row(struct libscols_table *table, const struct job *job, size_t allocator)
{
	struct libscols_line *row = scols_table_new_line(table, NULL);
	const struct pair *first = matrix_row(job->of->matrix, allocator);
	char text[CELL_MAX];

	if (!row)
		return -ENOMEM;
	allocator_text(text, job, first);
	if (sheet_set(row, 0, text, NULL) != 0)
		return -ENOMEM;
	utf8_clean(text, sizeof(text), pair_decides(first)->atfork, job->utf8);
	if (job->atfork && sheet_set(row, 1, text, NULL) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < job->of->matrix->scenario.count; i++) {
		const struct pair *pair = matrix_pair(job->of->matrix, allocator, i);
		const char *ink = pair ? ink_of(pair_decides(pair)) : NULL;

		if (pair)
			matrix_text(text, job, pair);
		if (sheet_set(row, i + 1 + job->atfork, pair ? text : "-", ink) != 0)
			return -ENOMEM;
	}
	return 0;
}

static struct libscols_table *matrix_grid(const struct job *job)
{
	const struct axis *scenario = &job->of->matrix->scenario;
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
	table = sheet_new(headings, scenario->count + before, job->utf8);
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

/* The texts of a row but for the allocator and the note; the bound stands beside its trials. */
static int set_list_texts(
	struct libscols_line *row, const struct job *job, const struct pair *pair, const char *ink)
{
	char name[MODEL_NAME_MAX], text[CELL_MAX];
	struct line verdict = line_in(text, sizeof(text)), bad, bound;
	struct counts counts;
	int status;

	utf8_clean(name, sizeof(name), pair_decides(pair)->scenario, job->utf8);
	status = sheet_set(row, LIST_SCENARIO, name, NULL);
	add_verdict(&verdict, job, pair);
	if (status == 0)
		status = sheet_set(row, LIST_VERDICT, text, ink);
	counts_of(&counts, pair, job->utf8);
	bad = line_in(text, sizeof(text));
	line_add(&bad, "%s", counts.sweep);
	if (*counts.stress)
		line_add_item(&bad, 0, "\n", "%s", counts.stress);
	if (status == 0)
		status = sheet_set(row, LIST_BAD, text, ink);
	bound = line_in(text, sizeof(text));
	if (*counts.bound)
		line_add(&bound, "%s%s", *counts.sweep ? "\n" : "", counts.bound);
	return status == 0 ? sheet_set(row, LIST_BOUND, text, ink) : status;
}

static int add_list_row(struct libscols_table *table, const struct job *job,
	const struct pair *pair, bool first_of_allocator)
{
	struct libscols_line *row = scols_table_new_line(table, NULL);
	const struct cell *cell = pair_decides(pair);
	char name[MODEL_NAME_MAX], text[CELL_MAX];
	int status = row ? 0 : -ENOMEM;

	if (status == 0 && first_of_allocator) {
		utf8_clean(name, sizeof(name), model_subject(cell), job->utf8);
		status = sheet_set(row, LIST_ALLOCATOR, name, NULL);
	}
	if (status == 0)
		status = set_list_texts(row, job, pair, ink_of(cell));
	if (status == 0 && job->note_columns > 0) {
		note_text(text, job, cell);
		status = sheet_set(row, LIST_NOTE, text, NULL);
	}
	return status;
}

static int add_list_rows(struct libscols_table *table, const struct job *job, size_t allocator)
{
	const struct pair *first = matrix_row(job->of->matrix, allocator);
	int status = 0;

	for (size_t i = 0; status == 0 && i < job->of->matrix->scenario.count; i++) {
		const struct pair *pair = matrix_pair(job->of->matrix, allocator, i);

		if (pair)
			status = add_list_row(table, job, pair, pair == first);
	}
	return status;
}

static struct libscols_table *list_grid(const struct job *job)
{
	static const char *const headings[LIST_COLUMNS] = {
		"allocator", "scenario", "verdict", "bad", "bound", "in"};
	struct libscols_table *table =
		sheet_new(headings, LIST_COLUMNS - (job->note_columns == 0), job->utf8);
	int status = 0;

	for (size_t i = 0; table && status == 0 && i < job->of->matrix->allocator.count; i++)
		status = add_list_rows(table, job, i);
	if (status != 0) {
		scols_unref_table(table);
		return NULL;
	}
	return table;
}

static struct libscols_table *lay_out(const struct job *job, enum table_layout layout)
{
	return layout < TABLE_LIST_NOTED ? matrix_grid(job) : list_grid(job);
}

char *grid_text(const struct table *table, enum table_layout layout, bool color)
{
	struct job job = new_job(table, layout);
	struct libscols_table *grid = lay_out(&job, layout);
	char *text = grid ? sheet_text(grid, color) : NULL;

	scols_unref_table(grid);
	return text;
}
