#include "sweep_tables.h"

#include "color.h"
#include "format.h"
#include "report_text.h"
#include "result.h"
#include "strbuf.h"
#include "text_table.h"
#include "utf8.h"
#include "window_text.h"

#include <errno.h>
#include <stdlib.h>

#define INDENT "    "

static int add_row(struct libscols_table *table, const struct window *window, bool utf8)
{
	struct libscols_line *row = scols_table_new_line(table, NULL);
	char words[WINDOW_MAX], clean[WINDOW_MAX];
	int status = row ? 0 : -ENOMEM;

	for (int column = 0; status == 0 && column < WINDOW_COLUMNS; column++) {
		window_words(words, window, column);
		utf8_clean(clean, sizeof(clean), words, utf8);
		status = sheet_set(row, (size_t)column, clean, NULL);
	}
	return status;
}

static struct libscols_table *window_table(const struct cell *cell, bool utf8)
{
	struct libscols_table *table = sheet_new(window_headings, WINDOW_COLUMNS, utf8);

	for (size_t i = 0; table && i < cell->sweep.windows; i++) {
		if (add_row(table, &cell->sweep.window[i], utf8) != 0) {
			scols_unref_table(table);
			return NULL;
		}
	}
	return table;
}

static void print_paragraphs(const struct paper *paper, const struct cell *cell)
{
	char words[4 * WINDOW_MAX];

	for (size_t i = 0; i < cell->sweep.windows; i++) {
		window_sentence(words, &cell->sweep.window[i]);
		wrap_print(paper, &(struct style){.first = INDENT, .rest = INDENT INDENT}, words);
	}
}

static int print_windows(const struct paper *paper, const struct cell *cell, bool limited)
{
	struct libscols_table *table = window_table(cell, paper->utf8);
	char *plain = table ? sheet_text(table, false) : NULL;
	char *text = table ? sheet_text(table, paper->color) : NULL;
	int status = plain && text ? 0 : -ENOMEM;

	if (status == 0 && limited && sheet_columns(plain) > paper->width)
		print_paragraphs(paper, cell);
	else if (status == 0)
		sheet_print(paper, text, sheet_columns(plain));
	free(plain);
	free(text);
	scols_unref_table(table);
	return status;
}

static int print_sweep(
	const struct paper *paper, const struct cell *cell, bool windows, bool limited)
{
	char place[WORDING_MAX], reach[PROSE_MAX], words[PROSE_MAX + WORDING_MAX];
	struct line line = line_in(words, sizeof(words));
	int status = 0;

	word_place(place, sizeof(place), cell);
	prose_reach(reach, cell);
	line_add(&line, "%s: %s", place, reach);
	if (windows)
		(void)fputc('\n', paper->out);
	wrap_print(
		paper, &(struct style){.rest = INDENT, .ink = windows ? INK_TITLE : NULL}, words);
	if (!windows || cell->sweep.windows == 0)
		return 0;
	status = print_windows(paper, cell, limited);
	window_lost(words, cell);
	wrap_print(paper, &(struct style){.first = INDENT, .rest = INDENT}, words);
	return status;
}

int sweeps_print(const struct paper *paper, const struct report *report, bool limited)
{
	bool begun = false;
	int status = 0;

	for (size_t i = 0; status == 0 && i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];

		if (!model_is_sweep(cell) || cell->sweep.instructions == 0)
			continue;
		if (!begun) {
			(void)fputc('\n', paper->out);
			wrap_print(paper, &(struct style){.ink = INK_TITLE},
				"What the sweeps went through");
		}
		begun = true;
		status = print_sweep(paper, cell, report->options.windows, limited);
	}
	return status;
}
