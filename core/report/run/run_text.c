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

struct text {
	struct paper paper;
	const struct report *report;
	const struct print_options *options;
	struct pairs pairs;
	struct footnotes footnotes;
};

static void paragraph(const struct text *text, const char *ink, const char *words)
{
	wrap_print(&text->paper, &(struct style){.ink = ink, .rest = "  "}, words);
}

static void print_head(const struct text *text)
{
	char words[PROSE_MAX];

	prose_host(words, text->report);
	paragraph(text, INK_TITLE, words);
	prose_options(words, text->report);
	paragraph(text, NULL, words);
	prose_controls(words, text->report);
	paragraph(text, NULL, words);
}

/* What must be known before a table is believed; printed even when quiet. */
static void print_warnings(const struct text *text)
{
	const struct report *report = text->report;
	char words[PROSE_MAX];

	for (size_t i = 0; report->controls_ran && i < report->controls; i++) {
		if (report->control[i].passed)
			continue;
		prose_warning(words, &report->control[i]);
		paragraph(text, INK_WARNING, words);
	}
	prose_partial(words, report);
	paragraph(text, INK_WARNING, words);
}

/* The layout in which this table fits, if those before it fit that one too. */
static int fit_table(const struct text *text, const struct table *table, const char *method,
	enum table_layout layout)
{
	(void)method;
	return text->options->width == 0 ? (int)layout : table_fitting(table, layout);
}

static int print_table(const struct text *text, const struct table *table, const char *method,
	enum table_layout layout)
{
	char words[WORDING_MAX];
	int status;

	word_method(words, sizeof(words), method);
	(void)fputc('\n', text->paper.out);
	paragraph(text, INK_TITLE, words);
	status = table_print(table, layout);
	return status == 0 ? (int)layout : status;
}

/* Does that with the table of each fork method. Returns the last one's layout, or -ENOMEM. */
static int with_tables(const struct text *text, const struct axis *methods, int layout,
	int (*step)(const struct text *text, const struct table *table, const char *method,
		enum table_layout layout))
{
	for (size_t i = 0; layout >= 0 && i < methods->count; i++) {
		struct matrix matrix;
		struct table table = {
			.paper = &text->paper,
			.matrix = &matrix,
			.footnotes = text->options->quiet ? NULL : &text->footnotes,
		};

		if (matrix_build(&matrix, &text->pairs, methods->name[i]) != 0)
			return -ENOMEM;
		layout = step(text, &table, methods->name[i], (enum table_layout)layout);
		matrix_free(&matrix);
	}
	return layout;
}

/* All tables are in the same layout. */
static int print_tables(const struct text *text)
{
	struct axis methods;
	int layout, status = matrix_methods(&methods, &text->pairs);

	if (status != 0)
		return status;
	if (methods.count == 0)
		(void)fputs("\nNothing was measured.\n", text->paper.out);
	layout = with_tables(text, &methods, TABLE_MATRIX, fit_table);
	layout = with_tables(text, &methods, layout, print_table);
	axis_free(&methods);
	return layout < 0 ? layout : 0;
}

/* A paragraph after an empty line; nothing for no words. */
static void print_apart(const struct text *text, const char *words)
{
	if (*words == '\0')
		return;
	(void)fputc('\n', text->paper.out);
	wrap_print(&text->paper, &(struct style){0}, words);
}

static void print_remarks(const struct text *text)
{
	char words[PROSE_MAX];

	prose_legend(words, text->report, text->paper.utf8);
	print_apart(text, words);
	prose_atfork(words, text->report);
	print_apart(text, words);
	if (text->footnotes.unswept) {
		(void)snprintf(words, sizeof(words), "No cell could be swept: %s",
			text->footnotes.unswept);
		print_apart(text, words);
	}
	prose_cut(words, text->report);
	print_apart(text, words);
	prose_sampled(words, text->report);
	print_apart(text, words);
	prose_pid_changes(words, text->report);
	print_apart(text, words);
	prose_no_cure(words, text->report);
	print_apart(text, words);
}

/* Evidence below the heading of its footnote: `first` is what it is, in the width of INDENT. */
#define INDENT "            "
static void print_evidence(const struct text *text, const char *first, const char *words)
{
	wrap_print(&text->paper, &(struct style){.first = first, .rest = INDENT}, words);
}

/* Why forklab came to the verdict: for the reader of a single cell, who wants to know it all. */
static void print_reasons(const struct text *text, const struct finding *finding)
{
	const char *first = "    because ";

	for (unsigned i = 0; i < finding->reasons && i < MODEL_REASONS_MAX; i++) {
		print_evidence(text, first, finding->reason[i]);
		first = "    and     ";
	}
}

static void print_command(const struct text *text, const char *command)
{
	struct paper paper = text->paper;

	/* In a file a command stays on its line; broken on a terminal, it can still be copied. */
	if (text->options->width == 0)
		paper.width = WRAP_TEXT_MAX;
	wrap_print(&paper, &(struct style){.first = "    again   ", .rest = INDENT, .tail = " \\"},
		command);
}

static void print_finding(const struct text *text, const struct cell *cell)
{
	char words[FOOTNOTE_MAX];

	if (text->pairs.count == 1)
		print_reasons(text, &cell->finding);
	footnote_facts(words, cell);
	print_evidence(text, "    facts   ", words);
	print_evidence(text, "    broken  ", cell->why);
	print_command(text, cell->finding.command);
}

static void print_silent(const struct text *text, const struct cell *stress)
{
	for (unsigned i = 0; stress && i < stress->notes; i++)
		print_evidence(text, "    silent  ", stress->note[i].text);
}

static void print_footnote(const struct text *text, size_t number)
{
	const struct pair *pair = text->footnotes.first[number - 1];
	const struct cell *cell = pair_decides(pair);
	struct style heading = {.rest = "    ", .ink = ink_of(cell)};
	struct style sentence = {.first = "    ", .rest = "    "};
	char first[32], words[FOOTNOTE_MAX];

	(void)snprintf(first, sizeof(first), "[%zu] ", number);
	heading.first = first;
	footnote_heading(words, cell);
	wrap_print(&text->paper, &heading, words);
	if (*footnote_sentence(cell))
		wrap_print(&text->paper, &sentence, footnote_sentence(cell));
	if (cell->has_finding)
		print_finding(text, cell);
	footnote_other(words, &text->footnotes, pair);
	print_evidence(text, cell == pair->sweep ? "    stress  " : "    sweep   ", words);
	print_silent(text, pair->stress);
	footnote_others(words, &text->footnotes, number);
	print_evidence(text, "    also in ", words);
}

static void print_footnotes(const struct text *text)
{
	if (text->footnotes.count > 0)
		(void)fputc('\n', text->paper.out);
	for (size_t number = 1; number <= text->footnotes.count; number++)
		print_footnote(text, number);
}

static void print_notes(const struct text *text)
{
	const struct report *report = text->report;

	if (report->notes == 0)
		return;
	(void)fputc('\n', text->paper.out);
	paragraph(text, INK_TITLE, "What this means");
	for (size_t i = 0; i < report->notes; i++)
		wrap_print(&text->paper, &(struct style){.first = "- ", .rest = "  "},
			report->note[i]);
}

/* What was swept is told where it was asked for, and where there is nothing else to be told. */
static int print_sweeps(const struct text *text)
{
	bool only_sweeps = true;

	for (size_t i = 0; i < text->pairs.count; i++)
		only_sweeps &= !text->pairs.pair[i].stress;
	if (!text->report->options.windows && (text->options->quiet || !only_sweeps))
		return 0;
	return sweeps_print(&text->paper, text->report, text->options->width > 0);
}

static int print_all(const struct text *text)
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
		status = cure_costs_print(&text->paper, text->report, text->options->width > 0);
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
	struct text text = {
		.paper = {out, paper_width(options->width), options->utf8, options->color},
		.report = report,
		.options = options,
	};
	int status = pairs_collect(&text.pairs, report);

	if (status == 0)
		status = footnotes_collect(&text.footnotes, &text.pairs);
	if (status == 0)
		status = print_all(&text);
	footnotes_free(&text.footnotes);
	pairs_free(&text.pairs);
	if (status != 0)
		return status;
	return ferror(out) ? -EIO : 0;
}

const struct printer printer_text = {
	.name = "text",
	.summary = "tables for people",
	.print = print,
};
