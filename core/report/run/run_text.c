/* --format text: for people, on a terminal or in a file. */
#include "color.h"
#include "footnotes.h"
#include "format.h"
#include "matrix.h"
#include "matrix_table.h"
#include "mitigation_costs.h"
#include "printer.h"
#include "report_text.h"
#include "sweep_tables.h"
#include "wrap.h"

#include <errno.h>
#include <string.h>

enum {
	WIDTH_WITHOUT_TERMINAL = 100,
	WIDTH_MIN = 40, /* a narrower terminal is taken for one of that width */
};

struct run_text {
	struct text_out text_out;
	const struct report *report;
	const struct print_options *options;
	struct results results;
	struct footnotes footnotes;
};

static void paragraph(const struct run_text *text, const char *color, const char *words)
{
	wrap_print(&text->text_out, &(struct paragraph_style){.color = color, .rest = "  "}, words);
}

static void print_head(const struct run_text *text)
{
	char words[REPORT_TEXT_MAX];

	report_text_host(words, text->report);
	paragraph(text, COLOR_TITLE, words);
	report_text_options(words, text->report);
	paragraph(text, NULL, words);
	report_text_controls(words, text->report);
	paragraph(text, NULL, words);
}

/* What must be known before a table is believed; printed even when quiet. */
static void print_warnings(const struct run_text *text)
{
	const struct report *report = text->report;
	char words[REPORT_TEXT_MAX];

	for (size_t i = 0; report->controls_ran && i < report->controls; i++) {
		if (report->control[i].passed)
			continue;
		report_text_warning(words, &report->control[i]);
		paragraph(text, COLOR_WARNING, words);
	}
	report_text_partial(words, report);
	paragraph(text, COLOR_WARNING, words);
}

/* The layout in which this table fits, if those before it fit that one too. */
static int fit_table(const struct run_text *text, const struct matrix_table *table,
	enum fork_method method, enum matrix_layout layout)
{
	(void)method;
	return text->options->width == 0 ? (int)layout : matrix_table_fit(table, layout);
}

static int print_table(const struct run_text *text, const struct matrix_table *table,
	enum fork_method method, enum matrix_layout layout)
{
	char words[FORMAT_MAX];
	int status;

	format_method(words, sizeof(words), method);
	(void)fputc('\n', text->text_out.out);
	paragraph(text, COLOR_TITLE, words);
	status = matrix_table_print(table, layout);
	return status == 0 ? (int)layout : status;
}

/* Does that with the table of each fork method. Returns the last one's layout, or -ENOMEM. */
static int for_each_matrix(const struct run_text *text, const enum fork_method *methods,
	size_t count, int layout,
	int (*step)(const struct run_text *text, const struct matrix_table *table,
		enum fork_method method, enum matrix_layout layout))
{
	for (size_t i = 0; layout >= 0 && i < count; i++) {
		struct matrix matrix;
		struct matrix_table table = {
			.text_out = &text->text_out,
			.matrix = &matrix,
			.footnotes = text->options->quiet ? NULL : &text->footnotes,
		};

		if (matrix_build(&matrix, &text->results, methods[i]) != 0)
			return -ENOMEM;
		layout = step(text, &table, methods[i], (enum matrix_layout)layout);
		matrix_free(&matrix);
	}
	return layout;
}

/* All tables are in the same layout. */
static int print_tables(const struct run_text *text)
{
	enum fork_method methods[METHOD_COUNT];
	size_t count = matrix_methods(methods, &text->results);
	int layout;

	if (count == 0)
		(void)fputs("\nNothing was measured.\n", text->text_out.out);
	layout = for_each_matrix(text, methods, count, MATRIX_LAYOUT_FULL, fit_table);
	layout = for_each_matrix(text, methods, count, layout, print_table);
	return layout < 0 ? layout : 0;
}

/* A paragraph after an empty line; nothing for no words. */
static void print_after_blank(const struct run_text *text, const char *words)
{
	if (*words == '\0')
		return;
	(void)fputc('\n', text->text_out.out);
	wrap_print(&text->text_out, &(struct paragraph_style){0}, words);
}

static void print_remarks(const struct run_text *text)
{
	char words[REPORT_TEXT_MAX];

	report_text_legend(words, text->report, text->text_out.utf8);
	print_after_blank(text, words);
	report_text_atfork(words, text->report);
	print_after_blank(text, words);
	if (text->footnotes.sweep_skip_reason) {
		(void)snprintf(words, sizeof(words), "No cell could be swept: %s",
			text->footnotes.sweep_skip_reason);
		print_after_blank(text, words);
	}
	report_text_cut(words, text->report);
	print_after_blank(text, words);
	report_text_sampled(words, text->report);
	print_after_blank(text, words);
	report_text_pid_changes(words, text->report);
	print_after_blank(text, words);
	report_text_no_mitigation(words, text->report);
	print_after_blank(text, words);
}

/* Evidence below the heading of its footnote: `first` is what it is, in the width of INDENT. */
#define INDENT "            "
static void print_evidence(const struct run_text *text, const char *first, const char *words)
{
	wrap_print(
		&text->text_out, &(struct paragraph_style){.first = first, .rest = INDENT}, words);
}

/* Why forklab came to the verdict: for the reader of a single cell, who wants to know it all. */
static void print_reasons(const struct run_text *text, const struct finding *finding)
{
	const char *first = "    because ";

	for (unsigned i = 0; i < finding->reasons && i < MODEL_REASONS_MAX; i++) {
		print_evidence(text, first, finding->reason[i]);
		first = "    and     ";
	}
}

static void print_command(const struct run_text *text, const char *command)
{
	struct text_out text_out = text->text_out;

	/* In a file a command stays on its line; broken on a terminal, it can still be copied. */
	if (text->options->width == 0)
		text_out.width = WRAP_TEXT_MAX;
	wrap_print(&text_out,
		&(struct paragraph_style){.first = "    again   ", .rest = INDENT, .tail = " \\"},
		command);
}

static void print_finding(const struct run_text *text, const struct cell *cell)
{
	char words[FOOTNOTE_MAX];

	if (text->results.count == 1)
		print_reasons(text, &cell->finding);
	footnote_facts(words, cell);
	print_evidence(text, "    facts   ", words);
	print_evidence(text, "    broken  ", cell->why);
	print_command(text, cell->finding.command);
}

static void print_silent_damage(const struct run_text *text, const struct cell *stress)
{
	for (unsigned i = 0; stress && i < stress->notes; i++)
		print_evidence(text, "    silent  ", stress->note[i].text);
}

static void print_footnote(const struct run_text *text, size_t number)
{
	const struct result *result = text->footnotes.first[number - 1];
	const struct cell *cell = result_deciding_cell(result);
	struct paragraph_style heading = {.rest = "    ", .color = verdict_color(cell)};
	struct paragraph_style sentence = {.first = "    ", .rest = "    "};
	char first[32], words[FOOTNOTE_MAX];

	(void)snprintf(first, sizeof(first), "[%zu] ", number);
	heading.first = first;
	footnote_heading(words, cell);
	wrap_print(&text->text_out, &heading, words);
	if (*footnote_sentence(cell))
		wrap_print(&text->text_out, &sentence, footnote_sentence(cell));
	if (cell->has_finding)
		print_finding(text, cell);
	footnote_other_mode(words, &text->footnotes, result);
	print_evidence(text, cell == result->sweep ? "    stress  " : "    sweep   ", words);
	print_silent_damage(text, result->stress);
	footnote_also_in(words, &text->footnotes, number);
	print_evidence(text, "    also in ", words);
}

static void print_footnotes(const struct run_text *text)
{
	if (text->footnotes.count > 0)
		(void)fputc('\n', text->text_out.out);
	for (size_t number = 1; number <= text->footnotes.count; number++)
		print_footnote(text, number);
}

static void print_notes(const struct run_text *text)
{
	const struct report *report = text->report;

	if (report->notes == 0)
		return;
	(void)fputc('\n', text->text_out.out);
	paragraph(text, COLOR_TITLE, "What this means");
	for (size_t i = 0; i < report->notes; i++)
		wrap_print(&text->text_out, &(struct paragraph_style){.first = "- ", .rest = "  "},
			report->note[i]);
}

/* What was swept is told where it was asked for, and where there is nothing else to be told. */
static int print_sweeps(const struct run_text *text)
{
	bool only_sweeps = true;

	for (size_t i = 0; i < text->results.count; i++)
		only_sweeps &= !text->results.result[i].stress;
	if (!text->report->options.windows && (text->options->quiet || !only_sweeps))
		return 0;
	return sweep_tables_print(&text->text_out, text->report, text->options->width > 0);
}

static int print_all(const struct run_text *text)
{
	bool quiet = text->options->quiet;
	int status;

	if (!quiet)
		print_head(text);
	print_warnings(text);
	status = print_tables(text);
	if (status == 0 && !quiet) {
		print_remarks(text);
		print_footnotes(text);
	}
	if (status == 0)
		status = print_sweeps(text);
	if (status == 0 && !quiet)
		status = mitigation_costs_print(
			&text->text_out, text->report, text->options->width > 0);
	if (status == 0 && !quiet)
		print_notes(text);
	return status;
}

static unsigned paper_width(unsigned terminal)
{
	if (terminal == 0)
		return WIDTH_WITHOUT_TERMINAL;
	return terminal < WIDTH_MIN ? WIDTH_MIN : terminal;
}

static int print(FILE *out, const struct report *report, const struct print_options *options)
{
	struct run_text text = {
		.text_out = {out, paper_width(options->width), options->utf8, options->color},
		.report = report,
		.options = options,
	};
	int status = results_collect(&text.results, report);

	if (status == 0)
		status = footnotes_collect(&text.footnotes, &text.results);
	if (status == 0)
		status = print_all(&text);
	footnotes_free(&text.footnotes);
	results_free(&text.results);
	if (status != 0)
		return status;
	return ferror(out) ? -EIO : 0;
}

const struct printer printer_text = {
	.name = "text",
	.summary = "tables for people",
	.print = print,
};
