#include "brief_matrix.h"

#include "format.h"
#include "matrix.h"
#include "strbuf.h"
#include "verdict_words.h"

#include <errno.h>
#include <stdlib.h>

enum { LEGEND_MAX = 1024, CELL_MAX = 64 };

/* A matrix for each method; the columns are the scenarios of all of them. */
struct brief_matrix {
	struct document *document;
	size_t methods;
	enum fork_method method[METHOD_COUNT];
	struct matrix matrix[METHOD_COUNT];
	size_t scenarios;
	const char **scenario;
	bool occurs[WORDS], differ; /* methods differ in some cell */
};

static size_t index_of(const struct matrix_axis *axis, const char *name)
{
	size_t i = 0;
	while (i < axis->count && strcmp(axis->name[i], name) != 0)
		i++;
	return i;
}

static void add_scenarios(struct brief_matrix *m, const struct matrix_axis *axis)
{
	const struct matrix_axis known = {m->scenarios, m->scenario};
	for (size_t i = 0; i < axis->count; i++)
		if (index_of(&known, axis->name[i]) == known.count)
			m->scenario[m->scenarios++] = axis->name[i];
}

static int build(struct brief_matrix *m, const struct report *report)
{
	m->methods = matrix_methods(m->method, &report->results);
	m->scenario = calloc(report->cells + 1, sizeof(char *));
	if (!m->scenario)
		return -ENOMEM;
	for (size_t i = 0; i < m->methods; i++) {
		int error = matrix_build(&m->matrix[i], &report->results, m->method[i]);
		if (error)
			return error;
		add_scenarios(m, &m->matrix[i].scenario);
	}
	return 0;
}

static void release(struct brief_matrix *m)
{
	for (size_t i = 0; i < m->methods; i++)
		matrix_free(&m->matrix[i]);
	free(m->scenario);
}

static enum verdict_word word_at(
	const struct brief_matrix *m, size_t method, const char *subject, const char *scenario)
{
	const struct matrix *matrix = &m->matrix[method];
	size_t row = index_of(&matrix->allocator, subject);
	size_t column = index_of(&matrix->scenario, scenario);
	if (row == matrix->allocator.count || column == matrix->scenario.count)
		return WORD_NONE;
	return verdict_word(matrix_result(matrix, row, column));
}

/* The words for each method; the tone is that of the first one that is not good. */
static void add_cell(struct brief_matrix *m, struct doc_table *table, const char *subject,
	const char *scenario, bool brief)
{
	char text[CELL_MAX];
	struct strbuf line = strbuf_init(text, sizeof(text));
	enum verdict_word first = word_at(m, 0, subject, scenario);
	enum block_tone tone = verdict_word_tone(first);
	bool same = true;
	for (size_t i = 0; i < m->methods; i++)
		same &= word_at(m, i, subject, scenario) == first;
	for (size_t i = 0; i < (same ? 1 : m->methods); i++) {
		enum verdict_word word = word_at(m, i, subject, scenario);
		m->occurs[word] = true;
		strbuf_add_item(&line, 0, "/", "%s", verdict_word_text(word, brief && i > 0));
		if (tone == TONE_GOOD)
			tone = verdict_word_tone(word) == TONE_BAD ? TONE_UNDECIDED : TONE_GOOD;
	}
	m->differ |= !same;
	table_cell(table, tone, "%s", text);
}

/* Where that is too wide, two letters stand for the words of all methods but the first. */
static struct doc_table *add_layout(
	struct brief_matrix *m, struct doc_table *wider, const struct answers *answers)
{
	struct doc_column *column = calloc(m->scenarios + 1, sizeof(*column));
	struct doc_table *table = NULL;
	if (column) {
		column[0] = (struct doc_column){.heading = "", .key = true};
		for (size_t i = 0; i < m->scenarios; i++)
			column[i + 1].heading = m->scenario[i];
		table = wider ? table_narrower(wider, column, m->scenarios + 1)
			      : document_table(m->document, column, m->scenarios + 1);
	}
	m->document->failed |= !table;
	free(column);
	for (size_t i = 0; table && i < answers->count; i++) {
		table_cell(table, TONE_PLAIN, "%s", answers->answer[i].subject);
		for (size_t s = 0; s < m->scenarios; s++)
			add_cell(m, table, answers->answer[i].subject, m->scenario[s],
				wider != NULL);
	}
	return table;
}

/* "ok/hang: after fork() / after _Fork(), where they differ." */
static void add_legend(const struct brief_matrix *m)
{
	char text[LEGEND_MAX];
	struct strbuf line = strbuf_init(text, sizeof(text));
	for (size_t i = 0; m->differ && i < m->methods; i++)
		strbuf_add_item(&line, 0, " / ", "after %s", format_call(m->method[i]));
	if (m->differ)
		strbuf_addf(&line, " where they differ");
	for (int word = 0; word < WORDS; word++) {
		const char *meaning = verdict_word_meaning((enum verdict_word)word);
		if (m->occurs[word] && meaning)
			strbuf_add_item(&line, 0, "; ", "%s: %s",
				verdict_word_text((enum verdict_word)word, false), meaning);
	}
	document_add(
		m->document, (struct block_style){.tone = TONE_DIM, .detail = true}, "%s", text);
}

int brief_matrix_add(
	struct document *document, const struct report *report, const struct answers *answers)
{
	struct brief_matrix m = {.document = document};
	int error = build(&m, report);
	if (!error && m.scenarios > 0) {
		struct doc_table *table = add_layout(&m, NULL, answers);
		if (table)
			(void)add_layout(&m, table, answers);
		add_legend(&m);
	}
	release(&m);
	return error;
}
