#include "matrix_table.h"

#include "color.h"
#include "matrix_layout.h"
#include "result_counts.h"
#include "strbuf.h"
#include "text_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* For paper that is too narrow for any grid: a paragraph for each pair. */
static void print_paragraph(const struct table *table, const struct pair *pair)
{
	const struct cell *cell = pair_decides(pair);
	char text[4 * WORDING_MAX], mark[FOOTNOTE_MARK_MAX];
	struct line line = line_in(text, sizeof(text));
	struct style style = {.rest = "    ", .ink = ink_of(cell)};
	struct counts counts;

	footnote_mark(mark, table->footnotes, pair, false);
	line_add(&line, "%s / %s: %s%s", model_subject(cell), cell->scenario, word_verdict(cell),
		mark);
	counts_of(&counts, pair, table->paper->utf8);
	if (*counts.sweep)
		line_add(&line, ", %s", counts.sweep);
	if (*counts.stress)
		line_add(&line, ", %s", counts.stress);
	if (*counts.bound)
		line_add(&line, ", %s", counts.bound);
	wrap_print(table->paper, &style, text);
}

static void print_paragraphs(const struct table *table)
{
	const struct matrix *matrix = table->matrix;

	for (size_t i = 0; i < matrix->allocator.count * matrix->scenario.count; i++)
		if (matrix->pair[i])
			print_paragraph(table, matrix->pair[i]);
}

int table_fitting(const struct table *table, enum table_layout first)
{
	int layout = (int)first;

	for (; layout < TABLE_PARAGRAPHS; layout++) {
		char *text = grid_text(table, (enum table_layout)layout, false);
		bool fits = text && sheet_columns(text) <= table->paper->width;

		free(text);
		if (!text)
			return -ENOMEM;
		if (fits)
			break;
	}
	return layout;
}

int table_print(const struct table *table, enum table_layout layout)
{
	char *plain, *text;

	if (layout == TABLE_PARAGRAPHS) {
		print_paragraphs(table);
		return 0;
	}
	plain = grid_text(table, layout, false);
	text = grid_text(table, layout, table->paper->color);
	if (plain && text)
		sheet_print(table->paper, text, sheet_columns(plain));
	free(plain);
	free(text);
	return plain && text ? 0 : -ENOMEM;
}
