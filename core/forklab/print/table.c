#include "print/table.h"

#include "print/grid.h"
#include "print/ink.h"
#include "print/line.h"
#include "print/utf8.h"
#include "print/wording.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The columns of the widest line of a text without colours. */
static size_t widest(const char *text)
{
	size_t most = 0;

	while (*text) {
		size_t length = strcspn(text, "\n"), columns = utf8_columns(text, length);

		most = columns > most ? columns : most;
		text += length + (text[length] == '\n');
	}
	return most;
}

/* Where a line's last visible character ends. libsmartcols pads within the colours. */
static size_t visible_end(const char *text, size_t length)
{
	size_t end = 0;

	for (size_t i = 0; i < length;) {
		if (text[i] == '\033') {
			i += strcspn(text + i, "m") + 1;
			continue;
		}
		if (text[i++] != ' ')
			end = i;
	}
	return end;
}

/* Prints a line without the blanks at its end; a colour that was to end behind them ends here. */
static void print_line(const struct paper *paper, const char *text, size_t length)
{
	size_t end = visible_end(text, length);
	bool inked = memchr(text + end, '\033', length - end);

	(void)fprintf(paper->out, "%.*s%s\n", (int)end, text, inked ? INK_END : "");
}

/* Prints the text of a table, with a rule below the heading. */
static void print_text(const struct paper *paper, const char *text, size_t rule)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		print_line(paper, text, length);
		for (size_t i = 0; i < rule; i++)
			(void)fputs(paper->utf8 ? "─" : "-", paper->out);
		if (rule > 0)
			(void)fputc('\n', paper->out);
		rule = 0;
		text += length + (text[length] == '\n');
	}
}

/* For paper that is too narrow for any grid: a paragraph for each cell. */
static void print_paragraph(const struct table *table, const struct cell *cell)
{
	char text[WORDING_MAX], mark[FOOTNOTE_MARK_MAX], counts[WORDING_MAX], bound[WORDING_MAX];
	struct line line = line_in(text, sizeof(text));
	struct style style = {.rest = "    ", .ink = ink_of(cell)};

	footnote_mark(mark, table->footnotes, cell, false);
	line_add(&line, "%s / %s: %s%s", cell->allocator, cell->scenario, word_verdict(cell), mark);
	if (cell->trials > 0) {
		word_counts(counts, sizeof(counts), cell);
		word_bound(bound, sizeof(bound), cell, table->paper->utf8);
		line_add(&line, ", %s, %s", counts, bound);
	}
	wrap_print(table->paper, &style, text);
}

static void print_paragraphs(const struct table *table)
{
	const struct matrix *matrix = table->matrix;

	for (size_t i = 0; i < matrix->allocator.count * matrix->scenario.count; i++)
		if (matrix->cell[i])
			print_paragraph(table, matrix->cell[i]);
}

int table_fitting(const struct table *table, enum table_layout first)
{
	int layout = (int)first;

	for (; layout < TABLE_PARAGRAPHS; layout++) {
		char *text = grid_text(table, (enum table_layout)layout, false);
		bool fits = text && widest(text) <= table->paper->width;

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
		print_text(table->paper, text, widest(plain));
	free(plain);
	free(text);
	return plain && text ? 0 : -ENOMEM;
}
