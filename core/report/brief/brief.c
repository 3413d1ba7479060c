/* The default text of forklab run: the decision in one screen; all else is in --details. */
#include "answers.h"
#include "brief_findings.h"
#include "brief_matrix.h"
#include "document.h"
#include "format.h"
#include "plural.h"
#include "report_text.h"
#include "run_print.h"
#include "strbuf.h"
#include "utf8.h"

#include <string.h>

enum { ANSWER_MAX = 256 };

static const struct block_style note = {.kind = BLOCK_NOTE, .hang = 2};

/* What was run where; and warnings, if there are any. */
static void add_head(struct document *document, const struct report *report)
{
	char text[REPORT_TEXT_MAX];
	report_text_host(text, report);
	document_add(document, (struct block_style){.tone = TONE_DIM, .hang = 2, .detail = true},
		"%s; %.0f s", text, report->seconds);
	for (size_t i = 0; report->controls_ran && i < report->controls; i++) {
		if (report->control[i].passed)
			continue;
		report_text_warning(text, &report->control[i]);
		document_add(document, note, "%s", text);
	}
	if (!report->controls_ran) {
		report_text_controls(text, report);
		document_add(document, note, "%s", text);
	}
	report_text_partial(text, report);
	document_add(document, note, "%s", text);
	report_text_reused(text, report);
	document_add(document, (struct block_style){.tone = TONE_DIM, .detail = true}, "%s", text);
}

static void add_answers(struct document *document, const struct answers *answers)
{
	static const enum block_tone tones[ANSWER_KINDS] = {
		[ANSWER_BAD] = TONE_BAD,
		[ANSWER_PARTLY] = TONE_BAD,
		[ANSWER_UNDECIDED] = TONE_UNDECIDED,
		[ANSWER_HANDLERS] = TONE_UNDECIDED,
		[ANSWER_CLEAN] = TONE_GOOD,
	};
	size_t widest = 0;
	for (size_t i = 0; i < answers->count; i++) {
		const char *name = answers->answer[i].subject;
		size_t columns = utf8_columns(name, strlen(name));
		widest = columns > widest ? columns : widest;
	}
	document_detail(document, BLOCK_HEADING, "Can the child still use its allocator after %s?",
		format_call(answers->method));
	for (size_t i = 0; i < answers->count; i++) {
		const struct subject_answer *answer = &answers->answer[i];
		size_t columns = utf8_columns(answer->subject, strlen(answer->subject));
		char text[ANSWER_MAX];
		answer_text(text, sizeof(text), answer);
		document_add(document,
			(struct block_style){.tone = tones[answer->kind],
				.hang = (unsigned)widest + 2,
				.detail = true},
			"%s%*s%s", answer->subject, (int)(widest - columns + 2), "", text);
	}
}

/* What a longer run would add. That stress has fewer trials than it could have decides nothing. */
static void add_missing(struct document *document, const struct report *report)
{
	size_t missing = 0, sweeps = 0;
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		sweeps += model_is_sweep(cell);
		missing += model_is_sweep(cell) && cell->cut;
	}
	if (missing == 0)
		return;
	document_add(document, (struct block_style){.gap = true, .detail = true},
		"%zu of %zu sweep%s: in part or not at all, for lack of time. %s", missing, sweeps,
		plural(sweeps),
		report->keeps_sweeps ? "The same command again takes the others from the store "
				       "and goes on with these."
				     : "For more, raise --budget or choose fewer cells.");
}

static void add_next(struct document *document, const struct report *report)
{
	add_missing(document, report);
	document_detail(document, BLOCK_HEADING, "Next");
	document_detail(document, BLOCK_PARAGRAPH,
		"All counts and findings: --details. More rows: --tools (sanitizers, valgrind), "
		"--all-variants (versions, ways of linking), --thorough.");
	document_detail(document, BLOCK_PARAGRAPH,
		"Your own allocator: --preload ./libmine.so. What a fork costs, too: forklab "
		"choose "
		"--server prefork.");
}

int run_print_brief(FILE *out, const struct report *report, const struct print_options *options)
{
	struct document document = {.options = options};
	struct answers answers;
	int error = answers_collect(&answers, report);
	add_head(&document, report);
	if (!error && answers.count == 0)
		document_add(&document, (struct block_style){.gap = true}, "Nothing was measured.");
	if (!error && answers.count > 0) {
		add_answers(&document, &answers);
		document_detail(&document, BLOCK_HEADING, "In which scenario");
		error = brief_matrix_add(&document, report, &answers);
		brief_findings_add(&document, report, &answers);
		add_next(&document, report);
	}
	answers_free(&answers);
	document.failed |= error != 0;
	return document_write_text(out, &document);
}
