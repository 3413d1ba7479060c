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
static const struct handler_layout {
	bool brief;
	int handler; /* columns */
} layouts[] = {{false, 60}, {true, 60}, {true, 22}, {true, 10}};
enum { LAYOUTS = sizeof(layouts) / sizeof(layouts[0]) };

struct handler_table {
	struct libscols_table *table;
	const struct handler_layout *layout;
	bool utf8;
};

/* What the narrow layouts do without. */
static bool has_column(const struct handler_layout *layout, size_t column)
{
	return !layout->brief ||
	       (column != AUDIT_COLUMN_MUTEXES && column != AUDIT_COLUMN_SYSCALLS &&
		       column != AUDIT_COLUMN_STORES);
}

static int add_row(void *context, const struct audit_row *words)
{
	const struct handler_table *grid = context;
	struct libscols_line *row = scols_table_new_line(grid->table, NULL);
	int status = row ? 0 : -ENOMEM;
	size_t cell_column = 0;

	for (size_t i = 0; i < AUDIT_COLUMNS && status == 0; i++) {
		char clean[AUDIT_TEXT_MAX];

		if (!has_column(grid->layout, i))
			continue;
		utf8_sanitize(clean, sizeof(clean), words->text[i], grid->utf8);
		if (i == AUDIT_COLUMN_HANDLER)
			clean[utf8_fit(clean, (size_t)grid->layout->handler)] = '\0';
		status = text_table_set(row, cell_column++, clean, NULL);
	}
	return status;
}

/* Numbers stand below each other. */
static int align_numbers(const struct handler_table *grid)
{
	size_t cell_column = 0;

	for (size_t i = 0; i < AUDIT_COLUMNS; i++) {
		struct libscols_column *column;

		if (!has_column(grid->layout, i))
			continue;
		column = scols_table_get_column(grid->table, cell_column++);
		if (i >= AUDIT_COLUMN_INSTRUCTIONS &&
			(!column || scols_column_set_flags(column, SCOLS_FL_RIGHT) != 0))
			return -ENOMEM;
	}
	return 0;
}

/* The table in that layout; scols_unref_table() it. NULL without memory. */
static struct libscols_table *new_handler_table(
	const struct audit_report *list, const struct handler_layout *layout, bool utf8)
{
	const char *headings[AUDIT_COLUMNS];
	struct handler_table grid = {.layout = layout, .utf8 = utf8};
	size_t count = 0;
	int status;

	for (size_t i = 0; i < AUDIT_COLUMNS; i++)
		if (has_column(layout, i))
			headings[count++] = audit_headings[i];
	grid.table = text_table_new(headings, count, utf8);
	status = grid.table ? align_numbers(&grid) : -ENOMEM;
	for (size_t i = 0; i < list->audits && status == 0; i++)
		status = audit_rows(&list->audit[i], add_row, &grid);
	if (status == 0)
		return grid.table;
	scols_unref_table(grid.table);
	return NULL;
}

static int print_colored(const struct text_out *text_out, struct libscols_table *table,
	const char *plain, size_t columns)
{
	char *text = text_out->color ? text_table_render(table, true) : NULL;

	if (text || !text_out->color)
		text_table_print(text_out, text ? text : plain, columns);
	free(text);
	return text || !text_out->color ? 0 : -ENOMEM;
}

/* In the roomiest layout that fits, or the narrowest. */
static int print_handlers(
	const struct text_out *text_out, const struct audit_report *list, bool on_terminal)
{
	int status = -EAGAIN;

	for (int i = 0; i < LAYOUTS && status == -EAGAIN; i++) {
		struct libscols_table *table = new_handler_table(list, &layouts[i], text_out->utf8);
		char *plain = table ? text_table_render(table, false) : NULL;
		size_t columns = plain ? text_table_width(plain) : 0;

		if (!plain)
			status = -ENOMEM;
		else if (!on_terminal || columns <= text_out->width || i + 1 == LAYOUTS)
			status = print_colored(text_out, table, plain, columns);
		free(plain);
		scols_unref_table(table);
	}
	return status;
}

/* ---- Sentences ---- */

static void print_registrations(const struct text_out *text_out, const struct audit_report *list)
{
	const struct paragraph_style style = {.first = "- ", .rest = "  "};
	char words[AUDIT_TEXT_MAX];

	for (size_t i = 0; i < list->audits; i++)
		for (uint32_t k = 0; k < list->audit[i].registrations; k++) {
			audit_registration_text(words, &list->audit[i], k);
			wrap_print(text_out, &style, words);
		}
}

static int longest_name(const struct audit_report *list)
{
	size_t longest = 0;

	for (size_t i = 0; i < list->audits; i++) {
		size_t length = strlen(list->audit[i].allocator);

		longest = length > longest ? length : longest;
	}
	return (int)longest;
}

/* One line for each allocator, broken on narrow paper only. */
static void print_conclusions(const struct text_out *text_out, const struct audit_report *list)
{
	int width = longest_name(list);
	char name[MODEL_NAME_MAX * 2], blank[MODEL_NAME_MAX * 2];

	(void)snprintf(blank, sizeof(blank), "%*s", width + 2, "");
	for (size_t i = 0; i < list->audits; i++) {
		const struct paragraph_style style = {.first = name, .rest = blank};

		(void)snprintf(name, sizeof(name), "%-*s  ", width, list->audit[i].allocator);
		wrap_print(text_out, &style, list->audit[i].sentence);
	}
}

int audit_print_text(
	FILE *out, const struct audit_report *list, const struct print_options *options)
{
	unsigned width = options->width ? options->width : WIDTH_WITHOUT_TERMINAL;
	struct text_out text_out = {
		out, width < WIDTH_MIN ? WIDTH_MIN : width, options->utf8, options->color};
	const struct paragraph_style title = {.color = COLOR_TITLE}, plain = {0};

	wrap_print(
		&text_out, &title, "The atfork handlers in force, and what they do in one fork()");
	int status = print_handlers(&text_out, list, options->width > 0);
	if (status == 0 && !options->quiet) {
		(void)fputc('\n', out);
		wrap_print(&text_out, &plain, audit_legend());
		(void)fputc('\n', out);
		wrap_print(&text_out, &title, "How they were registered");
		print_registrations(&text_out, list);
	}
	(void)fputc('\n', out);
	wrap_print(&text_out, &title, "In short");
	if (options->width == 0)
		text_out.width = WRAP_TEXT_MAX; /* in a file each on its line */
	print_conclusions(&text_out, list);
	if (list->partial)
		wrap_print(&text_out, &(struct paragraph_style){.color = COLOR_WARNING},
			"Interrupted: the other allocators were not looked at.");
	return status != 0 ? status : ferror(out) ? -EIO : 0;
}
