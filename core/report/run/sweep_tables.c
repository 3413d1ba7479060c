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
		window_format(words, window, column);
		utf8_sanitize(clean, sizeof(clean), words, utf8);
		status = text_table_set(row, (size_t)column, clean, NULL);
	}
	return status;
}

static struct libscols_table *window_table(const struct cell *cell, bool utf8)
{
	struct libscols_table *table = text_table_new(window_headings, WINDOW_COLUMNS, utf8);

	for (size_t i = 0; table && i < cell->sweep.windows; i++) {
		if (add_row(table, &cell->sweep.window[i], utf8) != 0) {
			scols_unref_table(table);
			return NULL;
		}
	}
	return table;
}

static void print_paragraphs(const struct text_out *text_out, const struct cell *cell)
{
	char words[4 * WINDOW_MAX];

	for (size_t i = 0; i < cell->sweep.windows; i++) {
		window_sentence(words, &cell->sweep.window[i]);
		wrap_print(text_out,
			&(struct paragraph_style){.first = INDENT, .rest = INDENT INDENT}, words);
	}
}

static int print_windows(const struct text_out *text_out, const struct cell *cell, bool limited)
{
	struct libscols_table *table = window_table(cell, text_out->utf8);
	char *plain = table ? text_table_render(table, false) : NULL;
	char *text = table ? text_table_render(table, text_out->color) : NULL;
	int status = plain && text ? 0 : -ENOMEM;

	if (status == 0 && limited && text_table_width(plain) > text_out->width)
		print_paragraphs(text_out, cell);
	else if (status == 0)
		text_table_print(text_out, text, text_table_width(plain));
	free(plain);
	free(text);
	scols_unref_table(table);
	return status;
}

static int print_sweep(
	const struct text_out *text_out, const struct cell *cell, bool windows, bool limited)
{
	char place[FORMAT_MAX], coverage[REPORT_TEXT_MAX], words[REPORT_TEXT_MAX + FORMAT_MAX];
	struct strbuf line = strbuf_init(words, sizeof(words));
	int status = 0;

	format_cell(place, sizeof(place), cell);
	report_text_coverage(coverage, cell);
	strbuf_addf(&line, "%s: %s", place, coverage);
	if (windows)
		(void)fputc('\n', text_out->out);
	wrap_print(text_out,
		&(struct paragraph_style){.rest = INDENT, .color = windows ? COLOR_TITLE : NULL},
		words);
	if (!windows || cell->sweep.windows == 0)
		return 0;
	status = print_windows(text_out, cell, limited);
	window_text_lost(words, cell);
	wrap_print(text_out, &(struct paragraph_style){.first = INDENT, .rest = INDENT}, words);
	return status;
}

int sweep_tables_print(const struct text_out *text_out, const struct report *report, bool limited)
{
	bool begun = false;
	int status = 0;

	for (size_t i = 0; status == 0 && i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];

		if (!model_is_sweep(cell) || cell->sweep.instructions == 0)
			continue;
		if (!begun) {
			(void)fputc('\n', text_out->out);
			wrap_print(text_out, &(struct paragraph_style){.color = COLOR_TITLE},
				"What the sweeps went through");
		}
		begun = true;
		status = print_sweep(text_out, cell, report->options.windows, limited);
	}
	return status;
}
