/* --format markdown: GitHub's tables, for an issue or a README. */
#include "footnotes.h"
#include "matrix.h"
#include "mitigation_costs.h"
#include "printer.h"
#include "report_text.h"
#include "result_counts.h"
#include "utf8.h"
#include "window_text.h"

#include <errno.h>
#include <string.h>

struct run_markdown {
	FILE *out;
	const struct report *report;
	bool utf8;
	struct results results;
	struct footnotes footnotes;
};

/* Words as they are: whatever markdown would take for markup is escaped. */
static void put(const struct run_markdown *document, const char *words)
{
	char clean[REPORT_TEXT_MAX];

	utf8_sanitize(clean, sizeof(clean), words, document->utf8);
	for (const char *c = clean; *c; c++) {
		if (strchr("\\`*_[]<>|~#&$", *c))
			(void)fputc('\\', document->out);
		(void)fputc(*c, document->out);
	}
}

static void put_paragraph(const struct run_markdown *document, const char *words)
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
static void put_code(const struct run_markdown *document, const char *code)
{
	char clean[MODEL_TEXT_MAX];
	size_t fence;
	const char *pad;

	utf8_sanitize(clean, sizeof(clean), code, document->utf8);
	fence = longest_run(clean, '`') + 1;
	pad = fence > 1 ? " " : "";
	for (size_t i = 0; i < fence; i++)
		(void)fputc('`', document->out);
	(void)fprintf(document->out, "%s%s%s", pad, clean, pad);
	for (size_t i = 0; i < fence; i++)
		(void)fputc('`', document->out);
}

static void put_head(const struct run_markdown *document)
{
	const struct report *report = document->report;
	char words[REPORT_TEXT_MAX];

	(void)fputs("# forklab: can the forked child still use its allocator?\n\n", document->out);
	report_text_host(words, report);
	put_paragraph(document, words);
	report_text_options(words, report);
	put_paragraph(document, words);
	report_text_controls(words, report);
	put_paragraph(document, words);
	for (size_t i = 0; report->controls_ran && i < report->controls; i++) {
		if (report->control[i].passed)
			continue;
		(void)fputs("> ", document->out);
		report_text_warning(words, &report->control[i]);
		put_paragraph(document, words);
	}
	report_text_partial(words, report);
	put_paragraph(document, words);
}

static void put_break(const struct run_markdown *document, const char *words)
{
	if (*words == '\0')
		return;
	(void)fputs("<br>", document->out);
	put(document, words);
}

static void put_result(const struct run_markdown *document, const struct result *result)
{
	const struct cell *cell = result_deciding_cell(result);
	size_t number = footnotes_number(&document->footnotes, result);
	const char *strong = verdict_is_bad(cell->verdict) ? "**" : "";
	struct result_counts counts;

	(void)fprintf(document->out, "%s%s%s", strong, format_verdict(cell), strong);
	if (number > 0)
		(void)fprintf(document->out, " \\[%zu\\]", number);
	result_counts_format(&counts, result, document->utf8);
	put_break(document, counts.sweep);
	put_break(document, counts.stress);
	if (cell->verdict != VERDICT_OK || *counts.bound == '\0')
		return;
	(void)fputs(", ", document->out);
	put(document, counts.bound);
}

static void put_row(
	const struct run_markdown *document, const struct matrix *matrix, size_t allocator)
{
	const struct cell *first = result_deciding_cell(matrix_first_result(matrix, allocator));
	char version[FORMAT_MAX];

	(void)fputs("| ", document->out);
	put(document, model_subject(first));
	format_version(version, sizeof(version), first->version);
	put_break(document, version);
	if (matrix_has_atfork(matrix)) {
		(void)fputs(" | ", document->out);
		put(document, first->atfork);
	}
	for (size_t i = 0; i < matrix->scenario.count; i++) {
		const struct result *result = matrix_result(matrix, allocator, i);

		(void)fputs(" | ", document->out);
		if (result)
			put_result(document, result);
		else
			(void)fputc('-', document->out);
	}
	(void)fputs(" |\n", document->out);
}

static int put_method(const struct run_markdown *document, enum fork_method method)
{
	char words[FORMAT_MAX];
	struct matrix matrix;
	int status = matrix_build(&matrix, &document->results, method);

	if (status != 0)
		return status;
	bool atfork = matrix_has_atfork(&matrix);
	format_method(words, sizeof(words), method);
	(void)fputs("## ", document->out);
	put_paragraph(document, words);
	(void)fprintf(document->out, "| allocator |%s", atfork ? " atfork |" : "");
	for (size_t i = 0; i < matrix.scenario.count; i++) {
		(void)fputc(' ', document->out);
		put(document, matrix.scenario.name[i]);
		(void)fputs(" |", document->out);
	}
	(void)fprintf(document->out, "\n| --- |%s", atfork ? " --- |" : "");
	for (size_t i = 0; i < matrix.scenario.count; i++)
		(void)fputs(" --- |", document->out);
	(void)fputc('\n', document->out);
	for (size_t i = 0; i < matrix.allocator.count; i++)
		put_row(document, &matrix, i);
	(void)fputc('\n', document->out);
	matrix_free(&matrix);
	return 0;
}

static int put_tables(const struct run_markdown *document)
{
	enum fork_method methods[METHOD_COUNT];
	size_t count = matrix_methods(methods, &document->results);
	int status = 0;

	if (count == 0)
		put_paragraph(document, "Nothing was measured.");
	for (size_t i = 0; status == 0 && i < count; i++)
		status = put_method(document, methods[i]);
	return status;
}

/* A line of a list item's own, with what it is before it. */
static void put_evidence(const struct run_markdown *document, const char *label, const char *words)
{
	if (*words == '\0')
		return;
	(void)fprintf(document->out, "<br>\n   %s: ", label);
	put(document, words);
}

static void put_footnote(const struct run_markdown *document, size_t number)
{
	const struct result *result = document->footnotes.first[number - 1];
	const struct cell *cell = result_deciding_cell(result);
	char words[FOOTNOTE_MAX];

	(void)fprintf(document->out, "%zu. ", number);
	footnote_heading(words, cell);
	put(document, words);
	(void)fputc('.', document->out);
	if (*footnote_sentence(cell))
		(void)fputs("<br>\n   ", document->out);
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
	footnote_other_mode(words, &document->footnotes, result);
	put_evidence(document, cell == result->sweep ? "Stress" : "Sweep", words);
	for (unsigned i = 0; result->stress && i < result->stress->notes; i++)
		put_evidence(document, "Silent", result->stress->note[i].text);
	footnote_also_in(words, &document->footnotes, number);
	put_evidence(document, "Also in", words);
	(void)fputc('\n', document->out);
}

static void put_remarks(const struct run_markdown *document)
{
	char words[REPORT_TEXT_MAX];

	report_text_legend(words, document->report, document->utf8);
	put_paragraph(document, words);
	report_text_atfork(words, document->report);
	put_paragraph(document, words);
	if (document->footnotes.sweep_skip_reason) {
		(void)snprintf(words, sizeof(words), "No cell could be swept: %s",
			document->footnotes.sweep_skip_reason);
		put_paragraph(document, words);
	}
	report_text_cut(words, document->report);
	put_paragraph(document, words);
	report_text_sampled(words, document->report);
	put_paragraph(document, words);
	report_text_pid_changes(words, document->report);
	put_paragraph(document, words);
	report_text_no_mitigation(words, document->report);
	put_paragraph(document, words);
}

static void put_headings(
	const struct run_markdown *document, const char *const *headings, int count)
{
	(void)fputc('|', document->out);
	for (int column = 0; column < count; column++)
		(void)fprintf(document->out, " %s |", headings[column]);
	(void)fputs("\n|", document->out);
	for (int column = 0; column < count; column++)
		(void)fputs(" --- |", document->out);
	(void)fputc('\n', document->out);
}

static void put_windows(const struct run_markdown *document, const struct cell *cell)
{
	char words[WINDOW_MAX];

	put_headings(document, window_headings, WINDOW_COLUMNS);
	for (size_t i = 0; i < cell->sweep.windows; i++) {
		(void)fputc('|', document->out);
		for (int column = 0; column < WINDOW_COLUMNS; column++) {
			window_format(words, &cell->sweep.window[i], column);
			(void)fputc(' ', document->out);
			put(document, words);
			(void)fputs(" |", document->out);
		}
		(void)fputc('\n', document->out);
	}
	(void)fputc('\n', document->out);
	window_text_lost(words, cell);
	put_paragraph(document, words);
}

static void put_sweeps(const struct run_markdown *document)
{
	const struct report *report = document->report;
	bool begun = false;

	for (size_t i = 0; report->options.windows && i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		char words[REPORT_TEXT_MAX];

		if (!model_is_sweep(cell) || cell->sweep.instructions == 0)
			continue;
		(void)fputs(begun ? "" : "## What the sweeps went through\n\n", document->out);
		begun = true;
		format_cell(words, sizeof(words), cell);
		(void)fputs("### ", document->out);
		put_paragraph(document, words);
		report_text_coverage(words, cell);
		put_paragraph(document, words);
		if (cell->sweep.windows > 0)
			put_windows(document, cell);
	}
}

static void put_mitigation_cost(const struct run_markdown *document, const struct cell *cell)
{
	char words[MITIGATION_COST_MAX];

	(void)fputc('|', document->out);
	for (int column = 0; column < MITIGATION_COST_COLUMNS; column++) {
		mitigation_cost_format(words, cell, column);
		(void)fputc(' ', document->out);
		put(document, words);
		(void)fputs(" |", document->out);
	}
	(void)fputc('\n', document->out);
}

static void put_mitigation_costs(const struct run_markdown *document)
{
	const struct report *report = document->report;
	bool begun = false;

	for (size_t i = 0; i < report->cells; i++) {
		if (!report->cell[i].cost.measured)
			continue;
		if (!begun) {
			(void)fputs("## What the cure costs\n\n", document->out);
			put_headings(document, mitigation_cost_headings, MITIGATION_COST_COLUMNS);
		}
		begun = true;
		put_mitigation_cost(document, &report->cell[i]);
	}
	if (begun) {
		(void)fputc('\n', document->out);
		put_paragraph(document, mitigation_cost_legend);
	}
}

static void put_footnotes(const struct run_markdown *document)
{
	if (document->footnotes.count == 0)
		return;
	(void)fputs("## Findings\n\n", document->out);
	for (size_t number = 1; number <= document->footnotes.count; number++)
		put_footnote(document, number);
	(void)fputc('\n', document->out);
}

static void put_notes(const struct run_markdown *document)
{
	const struct report *report = document->report;

	if (report->notes > 0)
		(void)fputs("## What this means\n\n", document->out);
	for (size_t i = 0; i < report->notes; i++) {
		(void)fputs("- ", document->out);
		put(document, report->note[i]);
		(void)fputc('\n', document->out);
	}
}

static int print(FILE *out, const struct report *report, const struct print_options *options)
{
	struct run_markdown document = {.out = out, .report = report, .utf8 = options->utf8};
	int status = results_collect(&document.results, report);

	if (status == 0)
		status = footnotes_collect(&document.footnotes, &document.results);
	if (status == 0) {
		put_head(&document);
		status = put_tables(&document);
		put_remarks(&document);
		put_footnotes(&document);
		put_sweeps(&document);
		put_mitigation_costs(&document);
		put_notes(&document);
	}
	footnotes_free(&document.footnotes);
	results_free(&document.results);
	if (status != 0)
		return status;
	return ferror(out) ? -EIO : 0;
}

const struct printer printer_markdown = {
	.name = "markdown",
	.summary = "GitHub tables, for an issue or a README",
	.print = print,
};
