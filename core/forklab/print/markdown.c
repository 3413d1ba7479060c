/* --format markdown: GitHub's tables, for an issue or a README. */
#include "print/footnotes.h"
#include "print/matrix.h"
#include "print/print.h"
#include "print/prose.h"
#include "print/utf8.h"
#include "print/wording.h"

#include <errno.h>
#include <string.h>

struct document {
	FILE *out;
	const struct report *report;
	bool utf8;
	struct footnotes footnotes;
};

/* Words as they are: whatever markdown would take for markup is escaped. */
static void put(const struct document *document, const char *words)
{
	char clean[PROSE_MAX];

	utf8_clean(clean, sizeof(clean), words, document->utf8);
	for (const char *c = clean; *c; c++) {
		if (strchr("\\`*_[]<>|~#&$", *c))
			(void)fputc('\\', document->out);
		(void)fputc(*c, document->out);
	}
}

static void put_paragraph(const struct document *document, const char *words)
{
	if (*words == '\0')
		return;
	put(document, words);
	(void)fputs("\n\n", document->out);
}

static size_t longest_run(const char *text, char of)
{
	size_t longest = 0, run = 0;

	for (; *text; text++) {
		run = *text == of ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

/* Within a fence that is longer than any run of backticks in it. */
static void put_code(const struct document *document, const char *code)
{
	char clean[MODEL_TEXT_MAX];
	size_t fence;
	const char *pad;

	utf8_clean(clean, sizeof(clean), code, document->utf8);
	fence = longest_run(clean, '`') + 1;
	pad = fence > 1 ? " " : "";
	for (size_t i = 0; i < fence; i++)
		(void)fputc('`', document->out);
	(void)fprintf(document->out, "%s%s%s", pad, clean, pad);
	for (size_t i = 0; i < fence; i++)
		(void)fputc('`', document->out);
}

static void put_head(const struct document *document)
{
	const struct report *report = document->report;
	char words[PROSE_MAX];

	(void)fputs("# forklab: can the forked child still use its allocator?\n\n", document->out);
	prose_host(words, report);
	put_paragraph(document, words);
	prose_options(words, report);
	put_paragraph(document, words);
	prose_controls(words, report);
	put_paragraph(document, words);
	for (size_t i = 0; report->controls_ran && i < report->controls; i++) {
		if (report->control[i].passed)
			continue;
		(void)fputs("> ", document->out);
		prose_warning(words, &report->control[i]);
		put_paragraph(document, words);
	}
	prose_partial(words, report);
	put_paragraph(document, words);
}

static void put_cell(const struct document *document, const struct cell *cell)
{
	char words[WORDING_MAX];
	size_t number = footnotes_number(&document->footnotes, cell);
	const char *strong = verdict_is_bad(cell->verdict) ? "**" : "";

	(void)fprintf(document->out, "%s%s%s", strong, word_verdict(cell), strong);
	if (number > 0)
		(void)fprintf(document->out, " \\[%zu\\]", number);
	if (cell->trials == 0)
		return;
	(void)fputs("<br>", document->out);
	word_counts(words, sizeof(words), cell);
	put(document, words);
	if (cell->verdict != VERDICT_OK)
		return;
	(void)fputs(", ", document->out);
	word_bound(words, sizeof(words), cell, document->utf8);
	put(document, words);
}

static void put_row(const struct document *document, const struct matrix *matrix, size_t allocator)
{
	const struct cell *first = matrix_row(matrix, allocator);
	char version[WORDING_MAX];

	(void)fputs("| ", document->out);
	put(document, first->allocator);
	word_version(version, sizeof(version), first->version);
	if (*version)
		(void)fputs("<br>", document->out);
	put(document, version);
	for (size_t i = 0; i < matrix->scenario.count; i++) {
		const struct cell *cell = matrix_cell(matrix, allocator, i);

		(void)fputs(" | ", document->out);
		if (cell)
			put_cell(document, cell);
		else
			(void)fputc('-', document->out);
	}
	(void)fputs(" |\n", document->out);
}

static int put_method(const struct document *document, const char *method)
{
	char words[WORDING_MAX];
	struct matrix matrix;
	int status = matrix_build(&matrix, document->report, method);

	if (status != 0)
		return status;
	word_method(words, sizeof(words), method);
	(void)fputs("## ", document->out);
	put_paragraph(document, words);
	(void)fputs("| allocator |", document->out);
	for (size_t i = 0; i < matrix.scenario.count; i++) {
		(void)fputc(' ', document->out);
		put(document, matrix.scenario.name[i]);
		(void)fputs(" |", document->out);
	}
	(void)fputs("\n| --- |", document->out);
	for (size_t i = 0; i < matrix.scenario.count; i++)
		(void)fputs(" --- |", document->out);
	(void)fputc('\n', document->out);
	for (size_t i = 0; i < matrix.allocator.count; i++)
		put_row(document, &matrix, i);
	(void)fputc('\n', document->out);
	matrix_free(&matrix);
	return 0;
}

static int put_tables(const struct document *document)
{
	struct axis methods;
	int status = matrix_methods(&methods, document->report);

	if (status != 0)
		return status;
	if (methods.count == 0)
		put_paragraph(document, "Nothing was measured.");
	for (size_t i = 0; status == 0 && i < methods.count; i++)
		status = put_method(document, methods.name[i]);
	axis_free(&methods);
	return status;
}

/* A line of a list item's own, with what it is before it. */
static void put_evidence(const struct document *document, const char *label, const char *words)
{
	if (*words == '\0')
		return;
	(void)fprintf(document->out, "<br>\n   %s: ", label);
	put(document, words);
}

static void put_footnote(const struct document *document, size_t number)
{
	const struct cell *cell = document->footnotes.first[number - 1];
	char words[FOOTNOTE_MAX];

	(void)fprintf(document->out, "%zu. ", number);
	footnote_heading(words, cell);
	put(document, words);
	(void)fputs(".<br>\n   ", document->out);
	put(document, footnote_sentence(cell));
	if (cell->has_finding) {
		footnote_facts(words, cell);
		put_evidence(document, "Facts", words);
		put_evidence(document, "Broken", cell->why);
	}
	if (cell->has_finding && *cell->finding.command) {
		(void)fputs("<br>\n   Again: ", document->out);
		put_code(document, cell->finding.command);
	}
	footnote_others(words, &document->footnotes, number);
	put_evidence(document, "Also in", words);
	(void)fputc('\n', document->out);
}

static void put_remarks(const struct document *document)
{
	char words[PROSE_MAX];

	prose_legend(words, document->report, document->utf8);
	put_paragraph(document, words);
	prose_cut(words, document->report);
	put_paragraph(document, words);
	prose_pid_changes(words, document->report);
	put_paragraph(document, words);
}

static void put_lists(const struct document *document)
{
	const struct report *report = document->report;

	if (document->footnotes.count > 0)
		(void)fputs("## Findings\n\n", document->out);
	for (size_t number = 1; number <= document->footnotes.count; number++)
		put_footnote(document, number);
	if (report->notes > 0)
		(void)fprintf(document->out, "%s## What this means\n\n",
			document->footnotes.count > 0 ? "\n" : "");
	for (size_t i = 0; i < report->notes; i++) {
		(void)fputs("- ", document->out);
		put(document, report->note[i]);
		(void)fputc('\n', document->out);
	}
}

static int print(FILE *out, const struct report *report, const struct print_options *options)
{
	struct document document = {.out = out, .report = report, .utf8 = options->utf8};
	int status = footnotes_collect(&document.footnotes, report);

	if (status != 0)
		return status;
	put_head(&document);
	status = put_tables(&document);
	put_remarks(&document);
	put_lists(&document);
	footnotes_free(&document.footnotes);
	if (status != 0)
		return status;
	return ferror(out) ? -EIO : 0;
}

const struct printer printer_markdown = {
	.name = "markdown",
	.summary = "GitHub tables, for an issue or a README",
	.print = print,
};
