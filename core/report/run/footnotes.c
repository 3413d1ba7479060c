#include "footnotes.h"

#include "result_counts.h"
#include "strbuf.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_explanation(const struct cell *cell)
{
	return cell->has_finding || *cell->why;
}

/* The other result has something to say that is said nowhere else. */
static bool other_has_footnote(const struct footnotes *footnotes, const struct result *result)
{
	const struct cell *other = result_other_cell(result);

	return other && !(other == result->sweep && footnotes->sweep_skip_reason);
}

static bool needs_footnote(const struct footnotes *footnotes, const struct result *result)
{
	if (has_explanation(result_deciding_cell(result)) ||
		(result->stress && result->stress->notes > 0))
		return true;
	return other_has_footnote(footnotes, result) && has_explanation(result_other_cell(result));
}

/* The same words, or the same lock: with address randomisation off it is where it was before. */
static bool same_finding(const struct cell *a, const struct cell *b)
{
	const struct finding *x = &a->finding, *y = &b->finding;

	return strcmp(model_subject(a), model_subject(b)) == 0 && x->certainty == y->certainty &&
	       ((x->futex && x->futex == y->futex) || strcmp(x->sentence, y->sentence) == 0);
}

static bool same_cell(const struct cell *a, const struct cell *b)
{
	if (a->verdict != b->verdict || a->has_finding != b->has_finding ||
		model_is_sweep(a) != model_is_sweep(b) || strcmp(a->why, b->why) != 0)
		return false;
	return !a->has_finding || same_finding(a, b);
}

static bool same_notes(const struct cell *a, const struct cell *b)
{
	unsigned notes = a ? a->notes : 0;

	if (notes != (b ? b->notes : 0))
		return false;
	for (unsigned i = 0; i < notes; i++)
		if (strcmp(a->note[i].text, b->note[i].text) != 0)
			return false;
	return notes == 0 || strcmp(model_subject(a), model_subject(b)) == 0;
}

/* Where the other result is told, it must be the same, too, but for its counts. */
static bool same_footnote(const struct result *a, const struct result *b)
{
	const struct cell *x = result_other_cell(a), *y = result_other_cell(b);

	if (result_relation(a) != result_relation(b) ||
		!same_cell(result_deciding_cell(a), result_deciding_cell(b)) ||
		!same_notes(a->stress, b->stress))
		return false;
	return !x || !y || (x->verdict == y->verdict && strcmp(x->why, y->why) == 0);
}

static size_t find_same(const struct footnotes *footnotes, const struct result *result)
{
	for (size_t i = 0; i < footnotes->count; i++)
		if (same_footnote(footnotes->first[i], result))
			return i + 1;
	return 0;
}

/* The reason for which every sweep beside a stress result was skipped; NULL if one was not. */
static const char *common_skip_reason(const struct results *results)
{
	const char *why = NULL;

	for (size_t i = 0; i < results->count; i++) {
		const struct result *result = &results->result[i];

		if (!result->sweep)
			continue;
		if (!result->stress || result->sweep->verdict != VERDICT_SKIPPED ||
			!*result->sweep->why)
			return NULL;
		if (why && strcmp(why, result->sweep->why) != 0)
			return NULL;
		why = result->sweep->why;
	}
	return why;
}

int footnotes_collect(struct footnotes *footnotes, const struct results *results)
{
	*footnotes = (struct footnotes){
		.results = results,
		.first = calloc(results->count + 1, sizeof(struct result *)),
		.number = calloc(results->count + 1, sizeof(size_t)),
		.sweep_skip_reason = common_skip_reason(results),
	};
	if (!footnotes->first || !footnotes->number) {
		footnotes_free(footnotes);
		return -ENOMEM;
	}
	for (size_t i = 0; i < results->count; i++) {
		const struct result *result = &results->result[i];

		if (!needs_footnote(footnotes, result))
			continue;
		footnotes->number[i] = find_same(footnotes, result);
		if (footnotes->number[i] == 0) {
			footnotes->first[footnotes->count++] = result;
			footnotes->number[i] = footnotes->count;
		}
	}
	return 0;
}

void footnotes_free(struct footnotes *footnotes)
{
	free(footnotes->first);
	free(footnotes->number);
	*footnotes = (struct footnotes){0};
}

size_t footnotes_number(const struct footnotes *footnotes, const struct result *result)
{
	return footnotes->number[result - footnotes->results->result];
}

void footnote_mark(char out[FOOTNOTE_MARK_MAX], const struct footnotes *footnotes,
	const struct result *result, bool superscript)
{
	static const char *const digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
	size_t number = footnotes ? footnotes_number(footnotes, result) : 0;
	struct strbuf line = strbuf_init(out, FOOTNOTE_MARK_MAX);
	char decimal[24];

	(void)snprintf(decimal, sizeof(decimal), "%zu", number);
	if (number > 0 && !superscript)
		strbuf_addf(&line, " [%s]", decimal);
	for (const char *digit = decimal; number > 0 && superscript && *digit; digit++)
		strbuf_addf(&line, "%s", digits[*digit - '0']);
}

void footnote_heading(char out[FOOTNOTE_MAX], const struct cell *cell)
{
	char place[FORMAT_MAX], summary[FORMAT_MAX];
	struct strbuf line = strbuf_init(out, FOOTNOTE_MAX);

	format_cell(place, sizeof(place), cell);
	format_summary(summary, sizeof(summary), cell);
	strbuf_addf(&line, "%s: %s", place, summary);
	if (model_is_sweep(cell) && cell->sweep.windows > 0) {
		format_windows(summary, sizeof(summary), cell);
		strbuf_addf(&line, ", %s", summary);
	}
	if (cell->has_finding && model_is_sweep(cell))
		strbuf_addf(&line, ", first at point %u", cell->finding.trial);
	else if (cell->has_finding && cell->trials > 1)
		strbuf_addf(&line, ", first in trial %u", cell->finding.trial);
}

const char *footnote_sentence(const struct cell *cell)
{
	return cell->has_finding ? cell->finding.sentence : cell->why;
}

/* Adds a fact, unless the sentence holds `said` already. */
static void add_fact(struct strbuf *line, const struct finding *finding, const char *needle,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
static void add_fact(struct strbuf *line, const struct finding *finding, const char *needle,
	const char *format, ...)
{
	char fact[2 * MODEL_TEXT_MAX];
	va_list arguments;

	if (*needle == '\0' || strstr(finding->sentence, needle))
		return;
	va_start(arguments, format);
	(void)vsnprintf(fact, sizeof(fact), format, arguments);
	va_end(arguments);
	strbuf_add_item(line, 0, "; ", "%s", fact);
}

static void add_lock(struct strbuf *line, const struct finding *finding)
{
	char futex[32] = "", tid[32] = "";

	if (finding->futex) {
		(void)snprintf(futex, sizeof(futex), "0x%" PRIx64, finding->futex);
		add_fact(line, finding, futex, "futex %s, value %u", futex, finding->futex_value);
	}
	add_fact(line, finding, finding->lock, "lock %s", finding->lock);
	if (finding->owner_tid > 0)
		(void)snprintf(tid, sizeof(tid), " (tid %d)", finding->owner_tid);
	add_fact(line, finding, finding->owner, "held by %s%s", finding->owner, tid);
	if (finding->owner_tid > 0 && *finding->owner == '\0')
		strbuf_add_item(line, 0, "; ", "held by%s", tid);
	if (finding->lock_of_application)
		add_fact(line, finding, "application",
			"the lock is the application's, not the allocator's");
}

void footnote_facts(char out[FOOTNOTE_MAX], const struct cell *cell)
{
	const struct finding *finding = &cell->finding;
	struct strbuf line = strbuf_init(out, FOOTNOTE_MAX);
	const char *signal = finding->signal > 0 ? sigabbrev_np(finding->signal) : NULL;

	if (!cell->has_finding)
		return;
	if (signal)
		add_fact(&line, finding, signal, "signal SIG%s", signal);
	add_fact(&line, finding, finding->call, "in %s", finding->call);
	add_fact(&line, finding, finding->step, "step %s", finding->step);
	add_fact(&line, finding, finding->waiter, "at %s", finding->waiter);
	add_lock(&line, finding);
}

#define DIFFERENT_OPERATIONS ": the two do not run the same operations"

/* "hit it in 0 of 400 trials: its window is 12 of 954 points wide" */
static void add_missed(struct strbuf *line, const struct result *result)
{
	const struct cell *sweep = result->sweep;
	bool one = sweep->sweep.windows + sweep->sweep.windows_lost == 1;
	char windows[FORMAT_MAX];

	format_windows(windows, sizeof(windows), sweep);
	strbuf_addf(line, "hit it in 0 of %u trials: its %s %s %u of %u points wide",
		result->stress->trials, one ? "window" : windows, one ? "is" : "are",
		cell_bad_count(sweep), result_points_tested(sweep));
}

void footnote_other_mode(
	char out[FOOTNOTE_MAX], const struct footnotes *footnotes, const struct result *result)
{
	const struct cell *other = result_other_cell(result);
	struct strbuf line = strbuf_init(out, FOOTNOTE_MAX);
	char words[FORMAT_MAX];

	if (!other_has_footnote(footnotes, result))
		return;
	/* The footnote is there for its notes alone. */
	if (!has_explanation(result_deciding_cell(result)) && !has_explanation(other))
		return;
	format_summary(words, sizeof(words), other);
	switch (result_relation(result)) {
	case RESULT_AGREE:
		strbuf_addf(&line, "%s", words);
		break;
	case RESULT_DIFFER:
		strbuf_addf(&line, "%s" DIFFERENT_OPERATIONS, words);
		break;
	case RESULT_STRESS_MISSED:
		add_missed(&line, result);
		break;
	case RESULT_SWEEP_MISSED:
		format_bad_counts(words, sizeof(words), other);
		strbuf_addf(&line, "%s" DIFFERENT_OPERATIONS, words);
		break;
	default:
		strbuf_addf(&line, "%s%s%s", format_verdict(other), *other->why ? ": " : "",
			other->why);
	}
}

/* "signal / fork() (37 of 400, trial 4)"; the allocator where it is another one. */
static void add_other_result(
	struct strbuf *line, const struct cell *first, const struct result *result)
{
	const struct cell *cell = result_deciding_cell(result);
	bool same = strcmp(model_subject(first), model_subject(cell)) == 0;
	char windows[FORMAT_MAX];
	struct result_counts counts;
	size_t begin;

	strbuf_add_item(line, 0, "; ", "%s%s%s / %s", same ? "" : model_subject(cell),
		same ? "" : " / ", cell->scenario, format_call(cell->method));
	result_counts_format(&counts, result, false);
	if (*counts.sweep == '\0' && *counts.stress == '\0')
		return;
	strbuf_addf(line, " (");
	begin = line->used;
	strbuf_addf(line, "%s", counts.sweep);
	if (result->sweep && result->sweep->sweep.windows > 0) {
		format_windows(windows, sizeof(windows), result->sweep);
		strbuf_addf(line, ", %s", windows);
	}
	if (*counts.stress)
		strbuf_add_item(line, begin, ", ", "%s", counts.stress);
	if (cell->has_finding)
		strbuf_addf(line, ", %s %u", model_is_sweep(cell) ? "point" : "trial",
			cell->finding.trial);
	strbuf_addf(line, ")");
}

void footnote_also_in(char out[FOOTNOTE_MAX], const struct footnotes *footnotes, size_t number)
{
	struct strbuf line = strbuf_init(out, FOOTNOTE_MAX);
	const struct results *results = footnotes->results;
	const struct result *first = footnotes->first[number - 1];

	for (size_t i = 0; i < results->count; i++)
		if (footnotes->number[i] == number && &results->result[i] != first)
			add_other_result(&line, result_deciding_cell(first), &results->result[i]);
}
