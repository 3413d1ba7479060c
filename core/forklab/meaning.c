#include "meaning.h"

#include "tally.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOTES_MAX = 10 };

__attribute__((format(printf, 2, 3))) static void say(
	struct report *report, const char *format, ...)
{
	if (report->notes == NOTES_MAX)
		return;
	va_list args;
	va_start(args, format);
	vsnprintf(report->note[report->notes++], MODEL_TEXT_MAX, format, args);
	va_end(args);
}

/* ---- Questions to the results ---- */

/* A hang on the application's own lock says nothing about the allocator. */
static bool blames_allocator(const struct cell *cell)
{
	return tally_bad(cell) > 0 && !(cell->has_finding && cell->finding.lock_of_application);
}

static const struct cell *worst_of(
	const struct report *report, const char *allocator, const char *method)
{
	const struct cell *worst = NULL;
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		if (strcmp(cell->allocator, allocator) != 0 || strcmp(cell->method, method) != 0 ||
			!blames_allocator(cell))
			continue;
		if (!worst || verdict_severity(cell->verdict) > verdict_severity(worst->verdict) ||
			(cell->verdict == worst->verdict && cell->bad_rate > worst->bad_rate))
			worst = cell;
	}
	return worst;
}

/* True for the first cell of its allocator under its method. */
static bool first_of_allocator(const struct report *report, size_t index)
{
	const struct cell *cell = &report->cell[index];
	for (size_t i = 0; i < index; i++)
		if (strcmp(report->cell[i].allocator, cell->allocator) == 0 &&
			strcmp(report->cell[i].method, cell->method) == 0)
			return false;
	return true;
}

static bool has_method(const struct report *report, const char *method)
{
	for (size_t i = 0; i < report->cells; i++)
		if (strcmp(report->cell[i].method, method) == 0 && report->cell[i].trials)
			return true;
	return false;
}

typedef bool keep_allocator(const struct report *report, const char *allocator, const char *method);

static bool is_bad(const struct report *report, const char *allocator, const char *method)
{
	return worst_of(report, allocator, method) != NULL;
}

static bool is_clean(const struct report *report, const char *allocator, const char *method)
{
	for (size_t i = 0; i < report->cells; i++)
		if (strcmp(report->cell[i].allocator, allocator) == 0 &&
			strcmp(report->cell[i].method, method) == 0 && report->cell[i].trials)
			return !is_bad(report, allocator, method);
	return false;
}

/* "glibc, jemalloc": the allocators of that method which `keep` says yes to. The number of them. */
static unsigned names(const struct report *report, const char *method, keep_allocator *keep,
	char *text, size_t size)
{
	unsigned count = 0;
	size_t used = 0;
	text[0] = '\0';
	for (size_t i = 0; i < report->cells && used < size; i++) {
		const struct cell *cell = &report->cell[i];
		if (strcmp(cell->method, method) != 0 || !first_of_allocator(report, i) ||
			!keep(report, cell->allocator, method))
			continue;
		used += (size_t)snprintf(
			text + used, size - used, "%s%s", count ? ", " : "", cell->allocator);
		count++;
	}
	return count;
}

/* ---- The sentences ---- */

static const char *what_happens(const struct cell *cell)
{
	static const char *const words[VERDICT_COUNT] = {
		[VERDICT_DEADLOCK] = "child can hang for ever",
		[VERDICT_LIVELOCK] = "child can spin without end",
		[VERDICT_CRASH] = "processes can crash",
		[VERDICT_CORRUPTION] = "heap can be corrupt",
		[VERDICT_REFUSED] = "child can be refused its memory",
		[VERDICT_PARENT_DEADLOCK] = "parent can hang in fork() itself",
		[VERDICT_UNKNOWN] = "processes got stuck for a reason that is not known",
	};
	return words[cell->verdict] ? words[cell->verdict] : "result is unclear";
}

static void say_clean(struct report *report, const char *method)
{
	char clean[MODEL_TEXT_MAX / 2];
	if (names(report, method, is_clean, clean, sizeof clean))
		say(report,
			"Under %s() nothing bad was seen of %s. That bounds the rate, as shown; it "
			"does not say never.",
			method, clean);
}

static void say_bad(struct report *report, const char *method)
{
	/* Room for what comes after: two sentences and the advice. */
	for (size_t i = 0; i < report->cells && report->notes < NOTES_MAX - 3; i++) {
		const struct cell *cell = &report->cell[i];
		if (strcmp(cell->method, method) != 0 || !first_of_allocator(report, i))
			continue;
		const struct cell *worst = worst_of(report, cell->allocator, method);
		if (worst)
			say(report, "%s's %s under %s() (worst in %s: %u of %u trials bad).",
				worst->allocator, what_happens(worst), method, worst->scenario,
				tally_bad(worst), worst->trials);
	}
}

/* What fork() repairs of what _Fork() breaks is what the atfork handlers are worth. */
static void say_handlers(struct report *report)
{
	char clean[MODEL_TEXT_MAX / 4], bad[MODEL_TEXT_MAX / 4];
	if (!has_method(report, "fork") || !has_method(report, "_Fork"))
		return;
	unsigned without = names(report, "_Fork", is_bad, bad, sizeof bad);
	unsigned with = names(report, "fork", is_bad, clean, sizeof clean);
	if (without > with)
		say(report,
			"_Fork() runs no atfork handlers: %u allocators go wrong under it (%s), %u "
			"under "
			"fork(). That difference is what the handlers buy.",
			without, bad, with);
}

static void say_application_locks(struct report *report)
{
	const struct cell *example = NULL;
	unsigned count = 0;
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		if (!cell->has_finding || !cell->finding.lock_of_application)
			continue;
		count++;
		example = example ? example : cell;
	}
	if (example)
		say(report,
			"In %u cell%s the child hung on %s, not on the allocator's: no choice of "
			"allocator repairs that.",
			count, count == 1 ? "" : "s", example->finding.lock);
}

static void say_next(struct report *report)
{
	const struct cell *worst = NULL;
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		if (blames_allocator(cell) &&
			(!worst || (strcmp(cell->method, "fork") == 0 &&
					   strcmp(worst->method, "fork") != 0)))
			worst = cell;
	}
	if (worst)
		say(report, "See one of them again: forklab stress -a %s -s %s -m %s",
			worst->allocator, worst->scenario, worst->method);
	else if (report->cells)
		say(report, "To look harder: forklab run --thorough");
}

int meaning_write(struct report *report)
{
	report->note = calloc(NOTES_MAX, sizeof *report->note);
	if (!report->note)
		return -ENOMEM;
	if (has_method(report, "fork")) {
		say_clean(report, "fork");
		say_bad(report, "fork");
	} else if (report->cells) {
		say_clean(report, report->cell[0].method);
		say_bad(report, report->cell[0].method);
	}
	say_handlers(report);
	say_application_locks(report);
	/* The last place is kept for the advice. */
	if (report->notes == NOTES_MAX)
		report->notes--;
	say_next(report);
	return 0;
}
