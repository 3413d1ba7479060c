#include "print/footnotes.h"

#include "print/line.h"
#include "print/wording.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool needs_footnote(const struct cell *cell)
{
	return cell->has_finding || *cell->why;
}

/* The same words, or the same lock: with address randomisation off it is where it was before. */
static bool same_finding(const struct cell *a, const struct cell *b)
{
	const struct finding *x = &a->finding, *y = &b->finding;

	return strcmp(a->allocator, b->allocator) == 0 && x->certainty == y->certainty &&
	       ((x->futex && x->futex == y->futex) || strcmp(x->sentence, y->sentence) == 0);
}

static bool says_the_same(const struct cell *a, const struct cell *b)
{
	if (a->verdict != b->verdict || a->has_finding != b->has_finding ||
		strcmp(a->why, b->why) != 0)
		return false;
	return !a->has_finding || same_finding(a, b);
}

static size_t find_same(const struct footnotes *footnotes, const struct cell *cell)
{
	for (size_t i = 0; i < footnotes->count; i++)
		if (says_the_same(footnotes->first[i], cell))
			return i + 1;
	return 0;
}

int footnotes_collect(struct footnotes *footnotes, const struct report *report)
{
	*footnotes = (struct footnotes){
		.report = report,
		.first = calloc(report->cells + 1, sizeof(struct cell *)),
		.number = calloc(report->cells + 1, sizeof(size_t)),
	};
	if (!footnotes->first || !footnotes->number) {
		footnotes_free(footnotes);
		return -ENOMEM;
	}
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];

		if (!needs_footnote(cell))
			continue;
		footnotes->number[i] = find_same(footnotes, cell);
		if (footnotes->number[i] == 0) {
			footnotes->first[footnotes->count++] = cell;
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

size_t footnotes_number(const struct footnotes *footnotes, const struct cell *cell)
{
	return footnotes->number[cell - footnotes->report->cell];
}

void footnote_mark(char out[FOOTNOTE_MARK_MAX], const struct footnotes *footnotes,
	const struct cell *cell, bool raised)
{
	static const char *const digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
	size_t number = footnotes ? footnotes_number(footnotes, cell) : 0;
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
	if (cell->has_finding && cell->trials > 1)
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

/* "signal / fork() (37 of 400, trial 4)"; the allocator where it is another one. */
static void add_other(struct line *line, const struct cell *first, const struct cell *cell)
{
	bool same = strcmp(first->allocator, cell->allocator) == 0;
	char counts[WORDING_MAX];

	line_add_item(line, 0, "; ", "%s%s%s / %s", same ? "" : cell->allocator, same ? "" : " / ",
		cell->scenario, word_call(cell->method));
	word_counts(counts, sizeof(counts), cell);
	if (*counts)
		line_add(line, " (%s", counts);
	if (*counts && cell->has_finding)
		line_add(line, ", trial %u", cell->finding.trial);
	if (*counts)
		line_add(line, ")");
}

void footnote_others(char out[FOOTNOTE_MAX], const struct footnotes *footnotes, size_t number)
{
	struct line line = line_in(out, FOOTNOTE_MAX);
	const struct report *report = footnotes->report;
	const struct cell *first = footnotes->first[number - 1];

	for (size_t i = 0; i < report->cells; i++)
		if (footnotes->number[i] == number && &report->cell[i] != first)
			add_other(&line, first, &report->cell[i]);
}
