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

static bool has_words(const struct cell *cell)
{
	return cell->has_finding || *cell->why;
}

/* The other result has something to say that is said nowhere else. */
static bool other_speaks(const struct footnotes *footnotes, const struct pair *pair)
{
	const struct cell *other = pair_other(pair);

	return other && !(other == pair->sweep && footnotes->unswept);
}

static bool needs_footnote(const struct footnotes *footnotes, const struct pair *pair)
{
	if (has_words(pair_decides(pair)) || (pair->stress && pair->stress->notes > 0))
		return true;
	return other_speaks(footnotes, pair) && has_words(pair_other(pair));
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
static bool says_the_same(const struct pair *a, const struct pair *b)
{
	const struct cell *x = pair_other(a), *y = pair_other(b);

	if (pair_relation(a) != pair_relation(b) || !same_cell(pair_decides(a), pair_decides(b)) ||
		!same_notes(a->stress, b->stress))
		return false;
	return !x || !y || (x->verdict == y->verdict && strcmp(x->why, y->why) == 0);
}

static size_t find_same(const struct footnotes *footnotes, const struct pair *pair)
{
	for (size_t i = 0; i < footnotes->count; i++)
		if (says_the_same(footnotes->first[i], pair))
			return i + 1;
	return 0;
}

/* The reason for which every sweep beside a stress result was skipped; NULL if one was not. */
static const char *common_reason(const struct pairs *pairs)
{
	const char *why = NULL;

	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair *pair = &pairs->pair[i];

		if (!pair->sweep)
			continue;
		if (!pair->stress || pair->sweep->verdict != VERDICT_SKIPPED || !*pair->sweep->why)
			return NULL;
		if (why && strcmp(why, pair->sweep->why) != 0)
			return NULL;
		why = pair->sweep->why;
	}
	return why;
}

int footnotes_collect(struct footnotes *footnotes, const struct pairs *pairs)
{
	*footnotes = (struct footnotes){
		.pairs = pairs,
		.first = calloc(pairs->count + 1, sizeof(struct pair *)),
		.number = calloc(pairs->count + 1, sizeof(size_t)),
		.unswept = common_reason(pairs),
	};
	if (!footnotes->first || !footnotes->number) {
		footnotes_free(footnotes);
		return -ENOMEM;
	}
	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair *pair = &pairs->pair[i];

		if (!needs_footnote(footnotes, pair))
			continue;
		footnotes->number[i] = find_same(footnotes, pair);
		if (footnotes->number[i] == 0) {
			footnotes->first[footnotes->count++] = pair;
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

size_t footnotes_number(const struct footnotes *footnotes, const struct pair *pair)
{
	return footnotes->number[pair - footnotes->pairs->pair];
}

void footnote_mark(char out[FOOTNOTE_MARK_MAX], const struct footnotes *footnotes,
	const struct pair *pair, bool raised)
{
	static const char *const digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
	size_t number = footnotes ? footnotes_number(footnotes, pair) : 0;
	struct line line = line_in(out, FOOTNOTE_MARK_MAX);
	char decimal[24];

	(void)snprintf(decimal, sizeof(decimal), "%zu", number);
	if (number > 0 && !raised)
		line_add(&line, " [%s]", decimal);
	for (const char *digit = decimal; number > 0 && raised && *digit; digit++)
		line_add(&line, "%s", digits[*digit - '0']);
}

void footnote_heading(char out[FOOTNOTE_MAX], const struct cell *cell)
{
	char place[WORDING_MAX], summary[WORDING_MAX];
	struct line line = line_in(out, FOOTNOTE_MAX);

	word_place(place, sizeof(place), cell);
	word_summary(summary, sizeof(summary), cell);
	line_add(&line, "%s: %s", place, summary);
	if (model_is_sweep(cell) && cell->sweep.windows > 0) {
		word_windows(summary, sizeof(summary), cell);
		line_add(&line, ", %s", summary);
	}
	if (cell->has_finding && model_is_sweep(cell))
		line_add(&line, ", first at point %u", cell->finding.trial);
	else if (cell->has_finding && cell->trials > 1)
		line_add(&line, ", first in trial %u", cell->finding.trial);
}

const char *footnote_sentence(const struct cell *cell)
{
	return cell->has_finding ? cell->finding.sentence : cell->why;
}

/* Adds a fact, unless the sentence holds `said` already. */
static void add_fact(struct line *line, const struct finding *finding, const char *said,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
static void add_fact(
	struct line *line, const struct finding *finding, const char *said, const char *format, ...)
{
	char fact[2 * MODEL_TEXT_MAX];
	va_list arguments;

	if (*said == '\0' || strstr(finding->sentence, said))
		return;
	va_start(arguments, format);
	(void)vsnprintf(fact, sizeof(fact), format, arguments);
	va_end(arguments);
	line_add_item(line, 0, "; ", "%s", fact);
}

static void add_lock(struct line *line, const struct finding *finding)
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
		line_add_item(line, 0, "; ", "held by%s", tid);
	if (finding->lock_of_application)
		add_fact(line, finding, "application",
			"the lock is the application's, not the allocator's");
}

void footnote_facts(char out[FOOTNOTE_MAX], const struct cell *cell)
{
	const struct finding *finding = &cell->finding;
	struct line line = line_in(out, FOOTNOTE_MAX);
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

#define NOT_THE_SAME ": the two do not run the same operations"

/* "hit it in 0 of 400 trials: its window is 12 of 954 points wide" */
static void add_missed(struct line *line, const struct pair *pair)
{
	const struct cell *sweep = pair->sweep;
	bool one = sweep->sweep.windows + sweep->sweep.windows_lost == 1;
	char windows[WORDING_MAX];

	word_windows(windows, sizeof(windows), sweep);
	line_add(line, "hit it in 0 of %u trials: its %s %s %u of %u points wide",
		pair->stress->trials, one ? "window" : windows, one ? "is" : "are", word_bad(sweep),
		pair_points(sweep));
}

void footnote_other(
	char out[FOOTNOTE_MAX], const struct footnotes *footnotes, const struct pair *pair)
{
	const struct cell *other = pair_other(pair);
	struct line line = line_in(out, FOOTNOTE_MAX);
	char words[WORDING_MAX];

	if (!other_speaks(footnotes, pair))
		return;
	/* The footnote is there for its notes alone. */
	if (!has_words(pair_decides(pair)) && !has_words(other))
		return;
	word_summary(words, sizeof(words), other);
	switch (pair_relation(pair)) {
	case PAIR_AGREE:
		line_add(&line, "%s", words);
		break;
	case PAIR_DIFFER:
		line_add(&line, "%s" NOT_THE_SAME, words);
		break;
	case PAIR_STRESS_MISSED:
		add_missed(&line, pair);
		break;
	case PAIR_SWEEP_MISSED:
		word_counts(words, sizeof(words), other);
		line_add(&line, "%s" NOT_THE_SAME, words);
		break;
	default:
		line_add(&line, "%s%s%s", word_verdict(other), *other->why ? ": " : "", other->why);
	}
}

/* "signal / fork() (37 of 400, trial 4)"; the allocator where it is another one. */
static void add_other_pair(struct line *line, const struct cell *first, const struct pair *pair)
{
	const struct cell *cell = pair_decides(pair);
	bool same = strcmp(model_subject(first), model_subject(cell)) == 0;
	char windows[WORDING_MAX];
	struct counts counts;
	size_t begin;

	line_add_item(line, 0, "; ", "%s%s%s / %s", same ? "" : model_subject(cell),
		same ? "" : " / ", cell->scenario, word_call(cell->method));
	counts_of(&counts, pair, false);
	if (*counts.sweep == '\0' && *counts.stress == '\0')
		return;
	line_add(line, " (");
	begin = line->used;
	line_add(line, "%s", counts.sweep);
	if (pair->sweep && pair->sweep->sweep.windows > 0) {
		word_windows(windows, sizeof(windows), pair->sweep);
		line_add(line, ", %s", windows);
	}
	if (*counts.stress)
		line_add_item(line, begin, ", ", "%s", counts.stress);
	if (cell->has_finding)
		line_add(line, ", %s %u", model_is_sweep(cell) ? "point" : "trial",
			cell->finding.trial);
	line_add(line, ")");
}

void footnote_others(char out[FOOTNOTE_MAX], const struct footnotes *footnotes, size_t number)
{
	struct line line = line_in(out, FOOTNOTE_MAX);
	const struct pairs *pairs = footnotes->pairs;
	const struct pair *first = footnotes->first[number - 1];

	for (size_t i = 0; i < pairs->count; i++)
		if (footnotes->number[i] == number && &pairs->pair[i] != first)
			add_other_pair(&line, pair_decides(first), &pairs->pair[i]);
}
