/* An audit for people, on a terminal or in a file. */
#include "print/audits.h"
#include "print/ink.h"
#include "print/sheet.h"
#include "print/utf8.h"
#include "print/wrap.h"

#include <errno.h>
#include <stdlib.h>

enum { WIDTH = 100 };

struct grid {
	struct libscols_table *table;
	bool utf8;
};

static int add_row(void *context, const struct audits_row *words)
{
	const struct grid *grid = context;
	struct libscols_line *row = scols_table_new_line(grid->table, NULL);
	char clean[AUDITS_TEXT_MAX];
	int status = row ? 0 : -ENOMEM;

	for (size_t i = 0; i < AUDITS_COLUMNS && status == 0; i++) {
		utf8_clean(clean, sizeof(clean), words->text[i], grid->utf8);
		status = sheet_set(row, i, clean, NULL);
	}
	return status;
}

/* Numbers stand below each other. */
static int align(struct libscols_table *table)
{
	for (size_t i = AUDITS_INSTRUCTIONS; i < AUDITS_COLUMNS; i++) {
		struct libscols_column *column = scols_table_get_column(table, i);

		if (!column || scols_column_set_flags(column, SCOLS_FL_RIGHT) != 0)
			return -ENOMEM;
	}
	return 0;
}

static int print_sheet(const struct paper *paper, struct libscols_table *table)
{
	char *plain = sheet_text(table, false), *text = sheet_text(table, paper->color);

	if (plain && text)
		sheet_print(paper, text, sheet_columns(plain));
	int status = plain && text ? 0 : -ENOMEM;
	free(plain);
	free(text);
	return status;
}

static int print_handlers(const struct paper *paper, const struct audit_list *list)
{
	struct grid grid = {
		.table = sheet_new(audits_headings, AUDITS_COLUMNS, paper->utf8),
		.utf8 = paper->utf8,
	};
	int status = grid.table ? align(grid.table) : -ENOMEM;

	for (size_t i = 0; i < list->audits && status == 0; i++)
		status = audits_rows(&list->audit[i], add_row, &grid);
	if (status == 0)
		status = print_sheet(paper, grid.table);
	scols_unref_table(grid.table);
	return status;
}

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

static int print_conclusions(const struct paper *paper, const struct audit_list *list)
{
	static const char *const headings[] = {"allocator", "atfork"};
	struct libscols_table *table = sheet_new(headings, 2, paper->utf8);
	int status = table ? 0 : -ENOMEM;

	for (size_t i = 0; i < list->audits && status == 0; i++) {
		struct libscols_line *row = scols_table_new_line(table, NULL);
		char clean[MODEL_TEXT_MAX];

		status = row ? sheet_set(row, 0, list->audit[i].allocator, NULL) : -ENOMEM;
		utf8_clean(clean, sizeof(clean), list->audit[i].sentence, paper->utf8);
		if (status == 0)
			status = sheet_set(row, 1, clean, NULL);
	}
	if (status == 0)
		status = print_sheet(paper, table);
	scols_unref_table(table);
	return status;
}

int audits_print_text(FILE *out, const struct audit_list *list, const struct print_options *options)
{
	const struct paper paper = {out, WIDTH, options->utf8, options->color};
	const struct style title = {.ink = INK_TITLE}, plain = {0};

	wrap_print(&paper, &title, "The atfork handlers in force, and what they do in one fork()");
	int status = print_handlers(&paper, list);
	if (status == 0 && !options->quiet) {
		(void)fputc('\n', out);
		wrap_print(&paper, &plain, audits_legend());
		(void)fputc('\n', out);
		wrap_print(&paper, &title, "How they were registered");
		print_registrations(&paper, list);
	}
	(void)fputc('\n', out);
	if (status == 0)
		status = print_conclusions(&paper, list);
	if (list->partial)
		wrap_print(&paper, &(struct style){.ink = INK_WARNING},
			"Interrupted: the other allocators were not looked at.");
	return status != 0 ? status : ferror(out) ? -EIO : 0;
}
