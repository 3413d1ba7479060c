/* What a fork costs, for people: a table for each thing that it costs. */
#include "color.h"
#include "cost_print.h"
#include "text_table.h"
#include "utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { WIDTH_WITHOUT_TERMINAL = 100, WIDTH_MIN = 40, COLUMNS_MAX = 128, KEYS = 2 };

struct cost_text {
	struct text_out text_out;
	const struct cost_report *report;
	struct cost_layout layout;
};

/* ---- One table ---- */

static int set(
	const struct cost_text *text, struct libscols_line *row, size_t column, const char *words)
{
	char clean[COST_TEXT_MAX];

	utf8_sanitize(clean, sizeof(clean), words, text->text_out.utf8);
	return text_table_set(row, column, clean, NULL);
}

/* The lines of a cell have to stay apart, and utf8_sanitize() makes blanks of them. */
static int set_lines(const struct cost_text *text, struct libscols_line *row, size_t column,
	const struct cost_table *group, const struct cost_cell *cell)
{
	char words[COST_TEXT_MAX], clean[COST_TEXT_MAX];

	cost_format_cell(words, sizeof(words), group, cell, "\v");
	size_t length = 0;
	for (char *begin = words; *begin;) {
		char *end = begin;

		while (*end && *end != '\v')
			end++;
		bool more = *end == '\v';
		*end = '\0';
		utf8_sanitize(clean + length, sizeof(clean) - length, begin, text->text_out.utf8);
		while (clean[length])
			length++;
		if (more && length + 1 < sizeof(clean))
			clean[length++] = '\n';
		clean[length] = '\0';
		begin = more ? end + 1 : end;
	}
	return text_table_set(row, column, clean, NULL);
}

/* One row of the matrix, or of the list: then of one column only, which is named. */
static int add_row(const struct cost_text *text, struct libscols_table *table,
	const struct cost_table *group, size_t index, size_t from, size_t to)
{
	struct libscols_line *row = scols_table_new_line(table, NULL);
	const struct cost_cell *first = cost_cell_at(text->report, index, 0);
	char heap[64], threads[16], name[MODEL_NAME_MAX * 2];
	bool list = to < text->layout.columns || from > 0;
	size_t column = 0;

	if (!row)
		return -ENOMEM;
	cost_format_heap(heap, sizeof(heap), first);
	cost_format_column(name, sizeof(name), text->report, from);
	(void)snprintf(threads, sizeof(threads), "%" PRIu32, first->threads);
	int status = set(text, row, column++, heap);
	if (status == 0)
		status = set(text, row, column++, threads);
	if (status == 0 && list)
		status = set(text, row, column++, name);
	for (size_t i = from; status == 0 && i < to; i++)
		status =
			set_lines(text, row, column++, group, cost_cell_at(text->report, index, i));
	return status;
}

static struct libscols_table *fill_table(struct libscols_table *table, const struct cost_text *text,
	const struct cost_table *group, bool list)
{
	size_t columns = text->layout.columns, each = list ? 1 : columns;
	int status = table ? 0 : -ENOMEM;

	for (size_t i = 0; i < text->layout.rows; i++)
		for (size_t from = 0; status == 0 && from < columns; from += each)
			status = add_row(text, table, group, i, from, from + each);
	if (status == 0)
		return table;
	scols_unref_table(table);
	return NULL;
}

static struct libscols_table *new_matrix_table(
	const struct cost_text *text, const struct cost_table *group)
{
	char name[COLUMNS_MAX][MODEL_NAME_MAX * 2];
	const char *headings[KEYS + COLUMNS_MAX] = {"heap", "threads"};

	for (size_t i = 0; i < text->layout.columns; i++) {
		cost_format_column(name[i], sizeof(name[i]), text->report, i);
		headings[KEYS + i] = name[i];
	}
	return fill_table(
		text_table_new(headings, KEYS + text->layout.columns, text->text_out.utf8), text,
		group, false);
}

/* A line for each allocator, where the matrix is too wide. */
static struct libscols_table *new_list_table(
	const struct cost_text *text, const struct cost_table *group)
{
	static const char *const headings[] = {"heap", "threads", "allocator", ""};

	return fill_table(
		text_table_new(headings, KEYS + 2, text->text_out.utf8), text, group, true);
}

/* On paper that is too narrow for the table. */
static void print_paragraphs(const struct cost_text *text, const struct cost_table *group)
{
	char words[COST_TEXT_MAX], heap[64], name[MODEL_NAME_MAX * 2];
	char all[sizeof(words) + sizeof(heap) + sizeof(name) + 32];

	for (size_t row = 0; row < text->layout.rows; row++)
		for (size_t i = 0; i < text->layout.columns; i++) {
			const struct cost_cell *cell = cost_cell_at(text->report, row, i);

			cost_format_heap(heap, sizeof(heap), cell);
			cost_format_column(name, sizeof(name), text->report, i);
			cost_format_cell(words, sizeof(words), group, cell, "; ");
			(void)snprintf(all, sizeof(all), "%s, %" PRIu32 " threads, %s: %s", heap,
				cell->threads, name, words);
			wrap_print(&text->text_out, &(struct paragraph_style){.rest = "    "}, all);
		}
}

/* 0; -E2BIG: it does not fit, and nothing was printed; -ENOMEM. Releases the table. */
static int print_fitting(const struct cost_text *text, struct libscols_table *table, bool limited)
{
	char *plain = table ? text_table_render(table, false) : NULL;
	char *colored = table && text->text_out.color ? text_table_render(table, true) : NULL;
	int status = plain ? 0 : -ENOMEM;

	if (plain && limited && text_table_width(plain) > text->text_out.width)
		status = -E2BIG;
	else if (plain)
		text_table_print(
			&text->text_out, colored ? colored : plain, text_table_width(plain));
	free(plain);
	free(colored);
	scols_unref_table(table);
	return status;
}

static int print_table(const struct cost_text *text, const struct cost_table *group, bool limited)
{
	int status = -E2BIG;

	if (text->layout.columns <= COLUMNS_MAX)
		status = print_fitting(text, new_matrix_table(text, group), limited);
	if (status == -E2BIG && text->layout.columns > 1)
		status = print_fitting(text, new_list_table(text, group), limited);
	if (status == -E2BIG) {
		print_paragraphs(text, group);
		status = 0;
	}
	return status;
}

/* ---- The rest ---- */

static void print_notes(const struct cost_text *text, const struct cost_table *group)
{
	char words[COST_TEXT_MAX];

	for (size_t n = 0;; n++) {
		cost_table_note(words, sizeof(words), text->report, group, n);
		if (!*words)
			break;
		wrap_print(&text->text_out, &(struct paragraph_style){.rest = "   "}, words);
	}
}

static void print_remarks(const struct cost_text *text, bool quiet)
{
	char words[COST_TEXT_MAX * 2];
	bool warning;

	for (size_t n = 0; cost_remark(words, sizeof(words), text->report, n, &warning); n++)
		if (*words && (warning || !quiet))
			wrap_print(&text->text_out,
				&(struct paragraph_style){.color = warning ? COLOR_WARNING : NULL},
				words);
}

int cost_print_text(
	FILE *out, const struct cost_report *report, const struct print_options *options)
{
	unsigned width = options->width ? options->width : WIDTH_WITHOUT_TERMINAL;
	struct cost_text text = {
		.text_out = {out, width < WIDTH_MIN ? WIDTH_MIN : width, options->utf8,
			options->color},
		.report = report,
		.layout = cost_layout(report),
	};
	int status = 0;

	for (size_t i = 0; status == 0 && i < cost_tables_count; i++) {
		const struct cost_table *group = &cost_tables[i];

		if (!cost_table_applies(report, group))
			continue;
		wrap_print(&text.text_out, &(struct paragraph_style){.color = COLOR_TITLE},
			group->title);
		status = print_table(&text, group, options->width > 0);
		if (!options->quiet)
			wrap_print(&text.text_out, &(struct paragraph_style){0}, group->legend);
		print_notes(&text, group);
		(void)fputc('\n', out);
	}
	print_remarks(&text, options->quiet);
	return status != 0 ? status : ferror(out) ? -EIO : 0;
}
