/* --format text and markdown: a run for people. */
#include "debug_package.h"
#include "finding_text.h"
#include "footnotes.h"
#include "format.h"
#include "matrix.h"
#include "report_text.h"
#include "run_print.h"
#include "run_tables.h"

#include <errno.h>

struct run_document {
	struct document document;
	const struct report *report;
	struct footnotes footnotes;
	bool marks; /* the cells refer to footnotes */
};

static void add_head(struct document *document, const struct report *report)
{
	static const struct block_style title = {.kind = BLOCK_TITLE, .audience = FOR_MARKDOWN},
					host = {.tone = TONE_TITLE, .hang = 2, .detail = true},
					rest = {.hang = 2, .detail = true},
					note = {.kind = BLOCK_NOTE, .hang = 2};
	char text[REPORT_TEXT_MAX];
	document_add(document, title, "forklab: can the forked child still use its allocator?");
	report_text_host(text, report);
	document_add(document, host, "%s", text);
	format_environment(text, sizeof(text), &report->host);
	document_add(document, rest, "%s", text);
	report_text_options(text, report);
	document_add(document, rest, "%s", text);
	report_text_controls(text, report);
	document_add(document, rest, "%s", text);
	for (size_t i = 0; report->controls_ran && i < report->controls; i++) {
		if (report->control[i].passed)
			continue;
		report_text_warning(text, &report->control[i]);
		document_add(document, note, "%s", text);
	}
	report_text_partial(text, report);
	document_add(document, note, "%s", text);
	report_text_reused(text, report);
	document_add(document, rest, "%s", text);
}

/* A table for each fork method. */
static int add_tables(struct run_document *run)
{
	enum fork_method methods[METHOD_COUNT];
	size_t count = matrix_methods(methods, &run->report->results);
	if (count == 0)
		document_add(
			&run->document, (struct block_style){.gap = true}, "Nothing was measured.");
	for (size_t i = 0; i < count; i++) {
		char text[FORMAT_MAX];
		struct matrix matrix;
		if (matrix_build(&matrix, &run->report->results, methods[i]) != 0)
			return -ENOMEM;
		format_method(text, sizeof(text), methods[i]);
		document_block(&run->document, BLOCK_HEADING, "%s", text);
		add_matrix(&run->document, &matrix, run->marks ? &run->footnotes : NULL);
		matrix_free(&matrix);
	}
	return 0;
}

static void add_remarks(struct run_document *run)
{
	static void (*const remarks[])(char out[REPORT_TEXT_MAX], const struct report *report) = {
		report_text_cut, report_text_sampled, report_text_shared_locks,
		report_text_pid_changes, report_text_no_mitigation};
	const struct block_style style = {.gap = true, .detail = true};
	char text[REPORT_TEXT_MAX];
	report_text_legend(text, run->report, run->document.options->utf8);
	document_add(&run->document, style, "%s", text);
	report_text_atfork(text, run->report);
	document_add(&run->document, style, "%s", text);
	if (run->footnotes.unswept) {
		finding_text_no_verdict(text, sizeof(text), run->footnotes.unswept);
		document_add(&run->document, style, "No cell could be swept: %s", text);
	}
	for (size_t i = 0; i < sizeof(remarks) / sizeof(remarks[0]); i++) {
		remarks[i](text, run->report);
		document_add(&run->document, style, "%s", text);
	}
}

static void add_evidence(struct document *document, const char *label, const char *text)
{
	document_add(document,
		(struct block_style){.kind = BLOCK_EVIDENCE, .label = label, .detail = true}, "%s",
		text);
}

static void add_finding(struct run_document *run, const struct cell *cell)
{
	const struct finding *finding = &cell->finding;
	char text[FOOTNOTE_MAX];
	/* The reader of a single cell wants all details. */
	for (unsigned i = 0; run->report->results.count == 1 && i < finding->reasons; i++) {
		finding_text_reason(text, sizeof(text), finding, i);
		document_add(&run->document,
			(struct block_style){.kind = BLOCK_EVIDENCE,
				.audience = FOR_TEXT,
				.label = i ? "and" : "because",
				.detail = true},
			"%s", text);
	}
	footnote_facts(text, cell);
	add_evidence(&run->document, "facts", text);
	finding_text_no_verdict(text, sizeof(text), cell);
	add_evidence(&run->document, "broken", text);
	document_add(&run->document,
		(struct block_style){.kind = BLOCK_COMMAND, .label = "again", .detail = true}, "%s",
		finding->command);
}

static void add_footnote(struct run_document *run, size_t number)
{
	const struct result *result = run->footnotes.first[number - 1];
	const struct cell *cell = result_deciding_cell(result);
	struct document *document = &run->document;
	char text[FOOTNOTE_MAX];
	footnote_heading(text, cell);
	document_add(document,
		(struct block_style){.kind = BLOCK_FINDING,
			.tone = verdict_tone(cell),
			.gap = number == 1,
			.detail = true},
		"%s", text);
	finding_text_cell(text, sizeof(text), cell);
	add_evidence(document, NULL, text);
	if (cell->has_finding)
		add_finding(run, cell);
	footnote_other_mode(text, &run->footnotes, result);
	add_evidence(document, cell == result->sweep ? "stress" : "sweep", text);
	for (unsigned i = 0; result->stress && i < result->stress->notes; i++) {
		finding_text_damage(text, sizeof(text), &result->stress->note[i]);
		add_evidence(document, "silent", text);
	}
	footnote_also_in(text, &run->footnotes, number);
	add_evidence(document, "also in", text);
}

/* Sweeps are described on request, and where there is nothing else to describe. */
static void add_sweeps(struct run_document *run)
{
	bool windows = run->report->options.windows, begun = false;
	const struct block_style heading = {.kind = BLOCK_HEADING,
		.audience = windows ? FOR_ALL : FOR_TEXT,
		.detail = !windows};
	for (size_t i = 0; i < run->report->results.count && !windows; i++)
		if (run->report->results.result[i].stress)
			return;
	for (size_t i = 0; i < run->report->cells; i++) {
		const struct cell *cell = &run->report->cell[i];
		char name[FORMAT_MAX], coverage[REPORT_TEXT_MAX];
		if (!model_is_sweep(cell) || cell->sweep.instructions == 0)
			continue;
		if (!begun)
			document_add(&run->document, heading, "What the sweeps went through");
		begun = true;
		format_cell(name, sizeof(name), cell);
		report_text_coverage(coverage, cell);
		if (!windows) {
			document_add(&run->document,
				(struct block_style){
					.audience = FOR_TEXT, .detail = true, .hang = 4},
				"%s: %s", name, coverage);
			continue;
		}
		document_block(&run->document, BLOCK_SUBHEADING, "%s", name);
		document_block(&run->document, BLOCK_PARAGRAPH, "%s", coverage);
		if (cell->sweep.windows > 0)
			add_windows(&run->document, cell);
	}
}

/* The file whose debug symbols would name a lock; NULL: none, or no package has them. */
static const struct debug_package *package_of_lock(const struct cell *cell)
{
	const struct finding *finding = &cell->finding;
	if (!cell->has_finding || !finding->futex || !finding->lock_nameless)
		return NULL;
	const struct debug_package *package = debug_package_of(finding->lock_module);
	return package && !package->debug_archive ? package : NULL;
}

/* Once for all findings. */
static void add_missing_names(struct run_document *run)
{
	const struct debug_package *package = NULL;
	for (size_t i = 0; i < run->report->cells && !package; i++)
		package = package_of_lock(&run->report->cell[i]);
	if (package)
		document_add(&run->document, (struct block_style){.gap = true, .detail = true},
			"The debug symbols of libc are not installed: the Debian package %s would "
			"give its locks their names.",
			package->name);
}

static int add_all(struct run_document *run)
{
	static const struct block_style findings = {
		.kind = BLOCK_HEADING, .audience = FOR_MARKDOWN};
	const struct report *report = run->report;
	int status;
	add_head(&run->document, report);
	status = add_tables(run);
	add_remarks(run);
	if (run->footnotes.count > 0)
		document_add(&run->document, findings, "Findings");
	for (size_t number = 1; number <= run->footnotes.count; number++)
		add_footnote(run, number);
	add_missing_names(run);
	add_sweeps(run);
	add_mitigation_costs(&run->document, report);
	if (report->notes > 0)
		document_detail(&run->document, BLOCK_HEADING, "What this means");
	for (size_t i = 0; i < report->notes; i++)
		document_detail(&run->document, BLOCK_ITEM, "%s", report->note[i]);
	return status;
}

static int print(FILE *out, const struct report *report, const struct print_options *options,
	bool marks, document_writer *write)
{
	struct run_document run = {
		.document = {.options = options}, .report = report, .marks = marks};
	int status = footnotes_collect(&run.footnotes, &report->results), written;
	if (status == 0)
		status = add_all(&run);
	run.document.failed |= status != 0;
	written = write(out, &run.document);
	footnotes_free(&run.footnotes);
	return written;
}

int run_print_text(FILE *out, const struct report *report, const struct print_options *options)
{
	return print(out, report, options, !options->quiet, document_write_text);
}

int run_print_markdown(FILE *out, const struct report *report, const struct print_options *options)
{
	return print(out, report, options, true, document_write_markdown);
}
