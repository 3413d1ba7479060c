/* An audit for people, on a terminal or in a file. */
#include "audit_print.h"
#include "color.h"
#include "text_table.h"
#include "utf8.h"
#include "wrap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	WIDTH_WITHOUT_TERMINAL = 100,
	WIDTH_MIN = 40, /* a narrower terminal is taken for one of that width */
};

/* ---- The table of handlers ---- */

/* From the roomiest to the narrowest: with fewer columns, and longer handlers' names cut. */
static const struct layout {
	bool brief;
	int handler; /* columns */
} layouts[] = {{false, 60}, {true, 60}, {true, 22}, {true, 10}};
enum { LAYOUTS = sizeof(layouts) / sizeof(layouts[0]) };

struct grid {
	struct libscols_table *table;
	const struct layout *layout;
	bool utf8;
};

/* What the narrow layouts do without. */
static bool has_column(const struct layout *layout, size_t column)
{
	return !layout->brief ||
	       (column != AUDITS_MUTEXES && column != AUDITS_SYSCALLS && column != AUDITS_STORES);
}

static int add_row(void *context, const struct audits_row *words)
{
	const struct grid *grid = context;
	struct libscols_line *row = scols_table_new_line(grid->table, NULL);
	int status = row ? 0 : -ENOMEM;
	size_t place = 0;

	for (size_t i = 0; i < AUDITS_COLUMNS && status == 0; i++) {
		char clean[AUDITS_TEXT_MAX];

		if (!has_column(grid->layout, i))
			continue;
		utf8_clean(clean, sizeof(clean), words->text[i], grid->utf8);
		if (i == AUDITS_HANDLER)
			clean[utf8_fitting(clean, (size_t)grid->layout->handler)] = '\0';
		status = sheet_set(row, place++, clean, NULL);
	}
	return status;
}

/* Numbers stand below each other. */
static int align(const struct grid *grid)
{
	size_t place = 0;

	for (size_t i = 0; i < AUDITS_COLUMNS; i++) {
		struct libscols_column *column;

		if (!has_column(grid->layout, i))
			continue;
		column = scols_table_get_column(grid->table, place++);
		if (i >= AUDITS_INSTRUCTIONS &&
			(!column || scols_column_set_flags(column, SCOLS_FL_RIGHT) != 0))
			return -ENOMEM;
	}
	return 0;
}

/* The table in that layout; scols_unref_table() it. NULL without memory. */
static struct libscols_table *lay_out(
	const struct audit_list *list, const struct layout *layout, bool utf8)
{
	const char *headings[AUDITS_COLUMNS];
	struct grid grid = {.layout = layout, .utf8 = utf8};
	size_t count = 0;
	int status;

	for (size_t i = 0; i < AUDITS_COLUMNS; i++)
		if (has_column(layout, i))
			headings[count++] = audits_headings[i];
	grid.table = sheet_new(headings, count, utf8);
	status = grid.table ? align(&grid) : -ENOMEM;
	for (size_t i = 0; i < list->audits && status == 0; i++)
		status = audits_rows(&list->audit[i], add_row, &grid);
	if (status == 0)
		return grid.table;
	scols_unref_table(grid.table);
	return NULL;
}

static int print_sheet(
	const struct paper *paper, struct libscols_table *table, const char *plain, size_t columns)
{
	char *text = paper->color ? sheet_text(table, true) : NULL;

	if (text || !paper->color)
		sheet_print(paper, text ? text : plain, columns);
	free(text);
	return text || !paper->color ? 0 : -ENOMEM;
}

/* In the roomiest layout that fits, or the narrowest. */
static int print_handlers(
	const struct paper *paper, const struct audit_list *list, bool on_terminal)
{
	int status = -EAGAIN;

	for (int i = 0; i < LAYOUTS && status == -EAGAIN; i++) {
		struct libscols_table *table = lay_out(list, &layouts[i], paper->utf8);
		char *plain = table ? sheet_text(table, false) : NULL;
		size_t columns = plain ? sheet_columns(plain) : 0;

		if (!plain)
			status = -ENOMEM;
		else if (!on_terminal || columns <= paper->width || i + 1 == LAYOUTS)
			status = print_sheet(paper, table, plain, columns);
		free(plain);
		scols_unref_table(table);
	}
	return status;
}

/* ---- Sentences ---- */

static void print_registrations(const struct paper *paper, const struct audit_list *list)
{
	const struct style style = {.first = "- ", .rest = "  "};
	char words[AUDITS_TEXT_MAX];

	for (size_t i = 0; i < list->audits; i++)
		for (uint32_t k = 0; k < list->audit[i].registrations; k++) {
			audits_registration(words, &list->audit[i], k);
			wrap_print(paper, &style, words);
		}
}

static int longest_name(const struct audit_list *list)
{
	size_t longest = 0;

	for (size_t i = 0; i < list->audits; i++) {
		size_t length = strlen(list->audit[i].allocator);

		longest = length > longest ? length : longest;
	}
	return (int)longest;
}

/* One line for each allocator, broken on narrow paper only. */
static void print_conclusions(const struct paper *paper, const struct audit_list *list)
{
	int width = longest_name(list);
	char name[MODEL_NAME_MAX * 2], blank[MODEL_NAME_MAX * 2];

	(void)snprintf(blank, sizeof(blank), "%*s", width + 2, "");
	for (size_t i = 0; i < list->audits; i++) {
		const struct style style = {.first = name, .rest = blank};

		(void)snprintf(name, sizeof(name), "%-*s  ", width, list->audit[i].allocator);
		wrap_print(paper, &style, list->audit[i].sentence);
	}
}

int audits_print_text(FILE *out, const struct audit_list *list, const struct print_options *options)
{
	unsigned width = options->width ? options->width : WIDTH_WITHOUT_TERMINAL;
	struct paper paper = {
		out, width < WIDTH_MIN ? WIDTH_MIN : width, options->utf8, options->color};
	const struct style title = {.ink = INK_TITLE}, plain = {0};

	wrap_print(&paper, &title, "The atfork handlers in force, and what they do in one fork()");
	int status = print_handlers(&paper, list, options->width > 0);
	if (status == 0 && !options->quiet) {
		(void)fputc('\n', out);
		wrap_print(&paper, &plain, audits_legend());
		(void)fputc('\n', out);
		wrap_print(&paper, &title, "How they were registered");
		print_registrations(&paper, list);
	}
	(void)fputc('\n', out);
	wrap_print(&paper, &title, "In short");
	if (options->width == 0)
		paper.width = WRAP_TEXT_MAX; /* in a file each on its line */
	print_conclusions(&paper, list);
	if (list->partial)
		wrap_print(&paper, &(struct style){.ink = INK_WARNING},
			"Interrupted: the other allocators were not looked at.");
	return status != 0 ? status : ferror(out) ? -EIO : 0;
}
