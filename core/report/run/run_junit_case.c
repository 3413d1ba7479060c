#include "run_junit_case.h"

#include "finding_text.h"
#include "format.h"
#include "strbuf.h"
#include "tally.h"
#include "utf8.h"

#include <stdio.h>
#include <string.h>

enum { BODY_MAX = (MODEL_REASONS_MAX + 8) * MODEL_TEXT_MAX };

/* XML cannot hold control characters, whatever is done to them; utf8_sanitize() leaves none. */
void junit_attribute(xmlTextWriterPtr to, const char *name, const char *text)
{
	char clean[BODY_MAX];
	utf8_sanitize(clean, sizeof(clean), text, true);
	(void)xmlTextWriterWriteAttribute(to, BAD_CAST name, BAD_CAST clean);
}

void junit_number(xmlTextWriterPtr to, const char *name, unsigned number)
{
	(void)xmlTextWriterWriteFormatAttribute(to, BAD_CAST name, "%u", number);
}

void junit_seconds(xmlTextWriterPtr to, double seconds)
{
	(void)xmlTextWriterWriteFormatAttribute(to, BAD_CAST "time", "%.3f", seconds);
}

static bool is_failure(const struct report *report, enum verdict verdict)
{
	const bool *named = report->options.fail_on;
	for (int v = 0; v < VERDICT_COUNT; v++)
		if (named[v])
			return named[verdict];
	return verdict_is_bad(verdict);
}

enum junit_outcome junit_outcome(const struct report *report, const struct cell *cell)
{
	bool any = report->options.fail_on_any;
	for (int v = 0; v < VERDICT_COUNT; v++)
		if (is_failure(report, (enum verdict)v) &&
			(any ? model_has_verdict(cell, (enum verdict)v)
			     : model_has_held_verdict(cell, (enum verdict)v)))
			return JUNIT_FAILURE;
	if (cell->verdict == VERDICT_BROKEN || cell->count[VERDICT_BROKEN] > 0)
		return JUNIT_ERROR;
	if (cell->verdict == VERDICT_SKIPPED || !cell_was_run(cell))
		return JUNIT_SKIPPED;
	return JUNIT_PASSED;
}

/* ---- What is said ---- */

static void add_row(struct strbuf *line, const char *what, const char *text)
{
	if (*text)
		strbuf_addf(line, "%-8s%s\n", what, text);
}

static void add_finding(struct strbuf *line, const struct finding *finding)
{
	char text[FINDING_TEXT_MAX];
	for (unsigned i = 0; i < finding->reasons && i < MODEL_REASONS_MAX; i++) {
		finding_text_reason(text, sizeof(text), finding, i);
		strbuf_addf(line, "%-8s%u. %s\n", i ? "" : "reasons", i + 1, text);
	}
	add_row(line, "lock", finding->lock);
	finding_text_role(text, sizeof(text), &finding->owner);
	add_row(line, "owner", text);
	finding_text_call(text, sizeof(text), &finding->call);
	add_row(line, "call", text);
	add_row(line, "step", finding_text_step(finding->step, finding->step_name));
	add_row(line, "at", finding->waiter);
	add_row(line, "again", finding->command);
}

static void put_body(xmlTextWriterPtr to, const struct cell *cell)
{
	char text[BODY_MAX], clean[BODY_MAX], words[FINDING_TEXT_MAX];
	struct strbuf line = strbuf_init(text, sizeof(text));
	format_summary(words, sizeof(words), cell);
	add_row(&line, "result", words);
	finding_text_no_verdict(words, sizeof(words), cell);
	add_row(&line, "why", words);
	for (unsigned i = 0; i < cell->notes; i++) {
		finding_text_damage(words, sizeof(words), &cell->note[i]);
		add_row(&line, "silent", words);
	}
	if (cell->has_finding)
		add_finding(&line, &cell->finding);
	for (char *from = text, *end; *from; from = end) {
		end = from + strcspn(from, "\n");
		bool more = *end == '\n';
		*end = '\0';
		utf8_sanitize(clean, sizeof(clean), from, true);
		(void)xmlTextWriterWriteFormatString(to, "%s\n", clean);
		end += more;
	}
}

/* One sentence: the finding's, or why there is none. */
static void put_message(xmlTextWriterPtr to, const struct cell *cell)
{
	char text[FINDING_TEXT_MAX];
	finding_text_cell(text, sizeof(text), cell);
	if (!cell->has_finding && !cell_was_run(cell))
		junit_attribute(to, "message", "the run ended before its turn");
	else
		junit_attribute(to, "message", *text ? text : format_verdict(cell));
}

static void put_outcome(xmlTextWriterPtr to, const struct cell *cell, enum junit_outcome outcome)
{
	static const char *const elements[JUNIT_OUTCOMES] = {
		[JUNIT_FAILURE] = "failure",
		[JUNIT_ERROR] = "error",
		[JUNIT_SKIPPED] = "skipped",
	};
	if (!elements[outcome])
		return;
	(void)xmlTextWriterStartElement(to, BAD_CAST elements[outcome]);
	put_message(to, cell);
	if (outcome != JUNIT_SKIPPED) {
		junit_attribute(to, "type", format_verdict(cell));
		put_body(to, cell);
	}
	(void)xmlTextWriterEndElement(to);
}

static void put_silent_damage(xmlTextWriterPtr to, const struct damage *damage)
{
	char text[FINDING_TEXT_MAX], clean[FINDING_TEXT_MAX];
	finding_text_damage(text, sizeof(text), damage);
	utf8_sanitize(clean, sizeof(clean), text, true);
	(void)xmlTextWriterWriteFormatString(to, "\nsilent: %s", clean);
}

/* It hung, and that is not held against the allocator. */
static void put_foreign(xmlTextWriterPtr to, const struct cell *cell)
{
	char text[FINDING_TEXT_MAX], clean[FINDING_TEXT_MAX];
	if (tally_foreign(cell) == 0 || !cell->has_finding)
		return;
	finding_text(text, sizeof(text), &cell->finding);
	utf8_sanitize(clean, sizeof(clean), text, true);
	(void)xmlTextWriterWriteFormatString(to, "\nnot the allocator's: %s", clean);
}

/* A pass has something to say, too: of how many it is one. */
static void put_counts(xmlTextWriterPtr to, const struct cell *cell)
{
	char words[FORMAT_MAX], bound[FORMAT_MAX] = "";
	format_bad_counts(words, sizeof(words), cell);
	if (!*words)
		return;
	if (!model_is_sweep(cell) && tally_bad(cell) == 0)
		format_bound(bound, sizeof(bound), cell, true);
	(void)xmlTextWriterStartElement(to, BAD_CAST "system-out");
	(void)xmlTextWriterWriteFormatString(to, "bad: %s%s%s%s", words,
		model_is_sweep(cell) ? "" : " trials", *bound ? ", " : "", bound);
	put_foreign(to, cell);
	for (unsigned i = 0; i < cell->notes; i++)
		put_silent_damage(to, &cell->note[i]);
	(void)xmlTextWriterEndElement(to);
}

static void begin_case(xmlTextWriterPtr to, const char *suite, const char *name, double seconds)
{
	char class[2 * MODEL_NAME_MAX];
	(void)snprintf(class, sizeof(class), "forklab.%s", suite);
	(void)xmlTextWriterStartElement(to, BAD_CAST "testcase");
	junit_attribute(to, "classname", class);
	junit_attribute(to, "name", name);
	junit_seconds(to, seconds);
}

void junit_cell(xmlTextWriterPtr to, const struct report *report, const struct cell *cell)
{
	char name[4 * MODEL_NAME_MAX];
	enum junit_outcome outcome = junit_outcome(report, cell);
	(void)snprintf(name, sizeof(name), "%s %s %s", cell->scenario, format_call(cell->method),
		cell_mode_name(cell->mode));
	begin_case(to, cell->allocator, name, cell->seconds);
	put_outcome(to, cell, outcome);
	if (outcome == JUNIT_PASSED)
		put_counts(to, cell);
	(void)xmlTextWriterEndElement(to);
}

void junit_control(xmlTextWriterPtr to, const struct control *control)
{
	char name[4 * MODEL_NAME_MAX], why[FINDING_TEXT_MAX];
	(void)snprintf(name, sizeof(name), "%s %s %s is %s", control->allocator, control->scenario,
		format_call(control->method), verdict_name(control->expected));
	begin_case(to, "controls", name, 0);
	if (!control->passed) {
		finding_text_control(why, sizeof(why), control);
		(void)xmlTextWriterStartElement(to, BAD_CAST "error");
		junit_attribute(to, "message", why);
		junit_attribute(to, "type", verdict_name(control->got));
		(void)xmlTextWriterEndElement(to);
	}
	(void)xmlTextWriterEndElement(to);
}
