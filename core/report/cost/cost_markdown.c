/* What a fork costs, as GitHub's tables. */
#include "cost_print.h"
#include "utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

struct cost_markdown {
	FILE *out;
	bool utf8;
	const struct cost_report *report;
	struct cost_layout layout;
};

static void put(const struct cost_markdown *document, const char *words)
{
	char clean[COST_TEXT_MAX * 2];

	utf8_sanitize(clean, sizeof(clean), words, document->utf8);
	for (const char *c = clean; *c; c++) {
		if (*c == ';') {
			(void)fputs("<br>", document->out);
			continue;
		}
		if (strchr("\\`*_[]<>|~#&$", *c))
			(void)fputc('\\', document->out);
		(void)fputc(*c, document->out);
	}
}

static void put_headings(const struct cost_markdown *document)
{
	char name[MODEL_NAME_MAX * 2];

	(void)fputs("| heap | threads |", document->out);
	for (size_t i = 0; i < document->layout.columns; i++) {
		cost_format_column(name, sizeof(name), document->report, i);
		(void)fputc(' ', document->out);
		put(document, name);
		(void)fputs(" |", document->out);
	}
	(void)fputs("\n| --- | ---: |", document->out);
	for (size_t i = 0; i < document->layout.columns; i++)
		(void)fputs(" --- |", document->out);
	(void)fputc('\n', document->out);
}

static void put_row(
	const struct cost_markdown *document, const struct cost_table *group, size_t row)
{
	const struct cost_cell *first = cost_cell_at(document->report, row, 0);
	char words[COST_TEXT_MAX];

	cost_format_heap(words, sizeof(words), first);
	(void)fprintf(document->out, "| %s | %" PRIu32 " |", words, first->threads);
	for (size_t i = 0; i < document->layout.columns; i++) {
		cost_format_cell(
			words, sizeof(words), group, cost_cell_at(document->report, row, i), ";");
		(void)fputc(' ', document->out);
		put(document, words);
		(void)fputs(" |", document->out);
	}
	(void)fputc('\n', document->out);
}

static void put_group(const struct cost_markdown *document, const struct cost_table *group)
{
	char words[COST_TEXT_MAX];

	(void)fputs("## ", document->out);
	put(document, group->title);
	(void)fputs("\n\n", document->out);
	put_headings(document);
	for (size_t row = 0; row < document->layout.rows; row++)
		put_row(document, group, row);
	(void)fputc('\n', document->out);
	put(document, group->legend);
	(void)fputs("\n\n", document->out);
	for (size_t n = 0;; n++) {
		cost_table_note(words, sizeof(words), document->report, group, n);
		if (!*words)
			break;
		put(document, words);
		(void)fputs("\n\n", document->out);
	}
}

int cost_print_markdown(
	FILE *out, const struct cost_report *report, const struct print_options *options)
{
	const struct cost_markdown document = {out, options->utf8, report, cost_layout(report)};
	char words[COST_TEXT_MAX * 2];
	bool warning;

	(void)fputs("# forklab: what a fork costs\n\n", out);
	for (size_t i = 0; i < cost_tables_count; i++)
		if (cost_table_applies(report, &cost_tables[i]))
			put_group(&document, &cost_tables[i]);
	for (size_t n = 0; cost_remark(words, sizeof(words), report, n, &warning); n++) {
		if (!*words)
			continue;
		(void)fputs(warning ? "**Note:** " : "", out);
		put(&document, words);
		(void)fputs("\n\n", out);
	}
	return ferror(out) ? -EIO : 0;
}
