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
static void print_paragraph(const struct matrix_table *table, const struct result *result)
{
	const struct cell *cell = result_deciding_cell(result);
	char text[4 * FORMAT_MAX], mark[FOOTNOTE_MARK_MAX];
	struct strbuf line = strbuf_init(text, sizeof(text));
	struct paragraph_style style = {.rest = "    ", .color = verdict_color(cell)};
	struct result_counts counts;

	footnote_mark(mark, table->footnotes, result, false);
	strbuf_addf(&line, "%s / %s: %s%s", model_subject(cell), cell->scenario,
		format_verdict(cell), mark);
	result_counts_format(&counts, result, table->text_out->utf8);
	if (*counts.sweep)
		strbuf_addf(&line, ", %s", counts.sweep);
	if (*counts.stress)
		strbuf_addf(&line, ", %s", counts.stress);
	if (*counts.bound)
		strbuf_addf(&line, ", %s", counts.bound);
	wrap_print(table->text_out, &style, text);
}

static void print_paragraphs(const struct matrix_table *table)
{
	const struct matrix *matrix = table->matrix;

	for (size_t i = 0; i < matrix->allocator.count * matrix->scenario.count; i++)
		if (matrix->result[i])
			print_paragraph(table, matrix->result[i]);
}

int matrix_table_fit(const struct matrix_table *table, enum matrix_layout first)
{
	int layout = (int)first;

	for (; layout < MATRIX_LAYOUT_PARAGRAPHS; layout++) {
		char *text = matrix_layout_text(table, (enum matrix_layout)layout, false);
		bool fits = text && text_table_width(text) <= table->text_out->width;

		free(text);
		if (!text)
			return -ENOMEM;
		if (fits)
			break;
	}
	return layout;
}

int matrix_table_print(const struct matrix_table *table, enum matrix_layout layout)
{
	char *plain, *text;

	if (layout == MATRIX_LAYOUT_PARAGRAPHS) {
		print_paragraphs(table);
		return 0;
	}
	plain = matrix_layout_text(table, layout, false);
	text = matrix_layout_text(table, layout, table->text_out->color);
	if (plain && text)
		text_table_print(table->text_out, text, text_table_width(plain));
	free(plain);
	free(text);
	return plain && text ? 0 : -ENOMEM;
}
