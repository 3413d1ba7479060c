#include "footnotes.h"

#include "finding_text.h"
#include "result_counts.h"
#include "strbuf.h"
#include "tally.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_explanation(const struct cell *cell)
{
	return cell->has_finding || cell->skip.reason != SKIP_NONE || cell_nothing_changes(cell);
}

/* The other result has something to say that is said nowhere else. */
static bool other_has_footnote(const struct footnotes *footnotes, const struct result *result)
{
	const struct cell *other = result_other_cell(result);
	return other && !(other == result->sweep && footnotes->unswept);
}

static bool needs_footnote(const struct footnotes *footnotes, const struct result *result)
{
	if (has_explanation(result_deciding_cell(result)) ||
		(result->stress && result->stress->notes > 0))
		return true;
	return other_has_footnote(footnotes, result) && has_explanation(result_other_cell(result));
}

/* The same futex is the same lock, since the runners have no address randomisation. */
static bool same_finding(const struct cell *a, const struct cell *b)
{
	const struct finding *x = &a->finding, *y = &b->finding;
	bool same_lock = x->futex && x->futex == y->futex;
	return strcmp(model_subject(a), model_subject(b)) == 0 && x->certainty == y->certainty &&
	       (same_lock || finding_same(x, y));
}

static bool same_cell(const struct cell *a, const struct cell *b)
{
	if (a->verdict != b->verdict || a->has_finding != b->has_finding ||
		model_is_sweep(a) != model_is_sweep(b) || !cell_same_skip(a, b))
		return false;
	return !a->has_finding || same_finding(a, b);
}

static bool same_damage(const struct damage *a, const struct damage *b)
{
	return a->kind == b->kind && a->count == b->count && a->total == b->total &&
	       a->affected == b->affected && a->address == b->address && a->live == b->live &&
	       a->child == b->child && a->parent == b->parent && strcmp(a->name, b->name) == 0 &&
	       strcmp(a->kinds, b->kinds) == 0;
}

static bool same_notes(const struct cell *a, const struct cell *b)
{
	unsigned notes = a ? a->notes : 0;
	if (notes != (b ? b->notes : 0))
		return false;
	for (unsigned i = 0; i < notes; i++)
		if (!same_damage(&a->note[i], &b->note[i]))
			return false;
	return notes == 0 || strcmp(model_subject(a), model_subject(b)) == 0;
}

/* Where the footnotes mention the other result, that must be the same too, but for its counts. */
static bool same_footnote(const struct result *a, const struct result *b)
{
	const struct cell *x = result_other_cell(a), *y = result_other_cell(b);
	if (result_relation(a) != result_relation(b) ||
		!same_cell(result_deciding_cell(a), result_deciding_cell(b)) ||
		!same_notes(a->stress, b->stress))
		return false;
	return !x || !y ||
	       (x->verdict == y->verdict && cell_same_skip(x, y) &&
		       (x->verdict != VERDICT_BROKEN || finding_same(&x->finding, &y->finding)));
}

static size_t find_same(const struct footnotes *footnotes, const struct result *result)
{
	for (size_t i = 0; i < footnotes->count; i++)
		if (same_footnote(footnotes->first[i], result))
			return i + 1;
	return 0;
}

/* A sweep whose reason to be skipped every sweep beside a stress result shares; else NULL. */
static const struct cell *common_skip(const struct results *results)
{
	const struct cell *common = NULL;
	for (size_t i = 0; i < results->count; i++) {
		const struct result *result = &results->result[i];
		if (!result->sweep)
			continue;
		if (!result->stress || result->sweep->verdict != VERDICT_SKIPPED ||
			result->sweep->skip.reason == SKIP_NONE)
			return NULL;
		if (common && !cell_same_skip(common, result->sweep))
			return NULL;
		common = result->sweep;
	}
	return common;
}

int footnotes_collect(struct footnotes *footnotes, const struct results *results)
{
	*footnotes = (struct footnotes){
		.results = results,
		.first = calloc(results->count + 1, sizeof(struct result *)),
		.number = calloc(results->count + 1, sizeof(size_t)),
		.unswept = common_skip(results),
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

void footnote_mark(char out[FOOTNOTE_MARK_MAX], const struct footnotes *footnotes,
	const struct result *result, bool superscript)
{
	static const char *const digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
	size_t number = footnotes ? footnotes->number[result - footnotes->results->result] : 0;
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

/* Where only some of the bad ones are held against the allocator. */
static void add_foreign_count(struct strbuf *line, const struct cell *cell)
{
	uint32_t foreign = tally_foreign(cell);
	if (foreign > 0 && tally_held(cell) > 0)
		strbuf_add_item(line, 0, "; ",
			"%u of the %u bad %s hang on locks that are not the allocator's", foreign,
			tally_bad(cell), model_is_sweep(cell) ? "points" : "trials");
}

void footnote_facts(char out[FOOTNOTE_MAX], const struct cell *cell)
{
	const struct finding *finding = &cell->finding;
	struct strbuf line = strbuf_init(out, FOOTNOTE_MAX);
	char origin[MODEL_NAME_MAX * 2];
	const char *signal = finding->signal > 0 ? sigabbrev_np(finding->signal) : NULL;
	if (!cell->has_finding)
		return;
	if (signal)
		strbuf_add_item(&line, 0, "; ", "signal SIG%s", signal);
	if (finding->exit_status)
		strbuf_add_item(&line, 0, "; ", "exit status %d", finding->exit_status);
	if (*finding->waiter)
		strbuf_add_item(&line, 0, "; ", "at %s", finding->waiter);
	if (finding->futex)
		strbuf_add_item(&line, 0, "; ", "its lock is at 0x%" PRIx64, finding->futex);
	if (finding->futex && finding->lock_named && !finding->lock_published)
		strbuf_addf(&line, " (%s)", finding->lock);
	finding_text_origin(origin, sizeof(origin), finding);
	if (*origin)
		strbuf_add_item(&line, 0, "; ", "the lock is %s, not the allocator's", origin);
	if (finding->by_allocator)
		strbuf_addf(&line, ", but the allocator has a part in the wait for it");
	add_foreign_count(&line, cell);
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
		tally_bad(sweep), result_points_tested(sweep));
}

void footnote_other_mode(
	char out[FOOTNOTE_MAX], const struct footnotes *footnotes, const struct result *result)
{
	const struct cell *other = result_other_cell(result);
	struct strbuf line = strbuf_init(out, FOOTNOTE_MAX);
	char words[FINDING_TEXT_MAX];
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
		finding_text_no_verdict(words, sizeof(words), other);
		strbuf_addf(&line, "%s%s%s", format_verdict(other), *words ? ": " : "", words);
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
