#include "report_summary.h"

#include "report_query.h"
#include "result.h"
#include "tally.h"

#include <errno.h>
#include <inttypes.h>
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

static const char *what_happens(const struct cell *cell)
{
	static const char *const words[VERDICT_COUNT] = {
		[VERDICT_DEADLOCK] = "child can hang for ever",
		[VERDICT_LIVELOCK] = "child can spin without end",
		[VERDICT_CRASH] = "processes can crash",
		[VERDICT_CORRUPTION] = "heap can be corrupt",
		[VERDICT_REFUSED] = "child can be refused memory or a thread",
		[VERDICT_PARENT_DEADLOCK] = "parent can hang in fork() itself",
		[VERDICT_UNKNOWN] = "processes got stuck for a reason that is not known",
	};
	return words[cell->verdict] ? words[cell->verdict] : "result is unclear";
}

static void say_clean_throughout(struct report *report, const char *method)
{
	char clean[MODEL_TEXT_MAX / 2], forks[64] = "";
	struct effort effort = question_effort(report, method, question_clean_throughout);
	if (!question_names(report, method, question_clean_throughout, clean, sizeof clean))
		return;
	if (effort.forks)
		snprintf(forks, sizeof forks, " and %" PRIu64 " random forks", effort.forks);
	say(report,
		"Under %s() nothing bad was found of %s: all %" PRIu64
		" fork points of the sweeps%s. That holds for the operations that were swept.",
		method, clean, effort.points, forks);
}

static void say_clean_so_far(struct report *report, const char *method)
{
	char clean[MODEL_TEXT_MAX / 2], points[96] = "";
	struct effort effort = question_effort(report, method, question_clean_so_far);
	if (!question_names(report, method, question_clean_so_far, clean, sizeof clean))
		return;
	if (effort.points)
		snprintf(points, sizeof points,
			", in sweeps that did not cover everything (%" PRIu64 " fork points)",
			effort.points);
	say(report, "Under %s() nothing bad was seen of %s%s. %s", method, clean, points,
		effort.forks ? "That bounds the rate, as shown; it does not say never."
			     : "It does not say never.");
}

static void say_clean(struct report *report, const char *method)
{
	say_clean_throughout(report, method);
	say_clean_so_far(report, method);
}

static void say_bad(struct report *report, const char *method)
{
	/* Room for what comes after: two sentences and the advice. */
	for (size_t i = 0; i < report->cells && report->notes < NOTES_MAX - 3; i++) {
		const struct cell *cell = &report->cell[i];
		if (strcmp(cell->method, method) != 0 || !question_first(report, i))
			continue;
		const struct cell *worst = question_worst(report, model_subject(cell), method);
		if (worst)
			say(report, "%s's %s under %s() (worst in %s: %u of %u %s bad).",
				model_subject(worst), what_happens(worst), method, worst->scenario,
				tally_bad(worst),
				model_is_sweep(worst) ? pair_points(worst) : worst->trials,
				model_is_sweep(worst) ? "fork points" : "trials");
	}
}

static bool has_cures(const struct report *report)
{
	for (size_t i = 0; i < report->cells; i++)
		if (*report->cell[i].cure)
			return true;
	return false;
}

/* What fork() repairs of what _Fork() breaks is what the atfork handlers are worth. */
static void say_handlers(struct report *report)
{
	bool cures = has_cures(report);
	char clean[MODEL_TEXT_MAX / 4], bad[MODEL_TEXT_MAX / 4];
	if (!question_has_method(report, "fork") || !question_has_method(report, "_Fork"))
		return;
	unsigned without = question_names(report, "_Fork", question_bad, bad, sizeof bad);
	unsigned with = question_names(report, "fork", question_bad, clean, sizeof clean);
	if (without > with)
		say(report,
			"_Fork() runs no atfork handlers: %u %s go wrong under it (%s), %u under "
			"fork(). That difference is what the handlers buy%s.",
			without, cures ? "rows" : "allocators", bad, with,
			cures ? ", those of the cure among them" : "");
}

static bool hangs_on_application(const struct cell *cell)
{
	return cell && cell->has_finding && cell->finding.lock_of_application;
}

static void say_application_locks(struct report *report, const struct pairs *pairs)
{
	const char *lock = NULL;
	unsigned count = 0;
	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair *pair = &pairs->pair[i];
		bool sweep = hangs_on_application(pair->sweep);
		if (!sweep && !hangs_on_application(pair->stress))
			continue;
		count++;
		if (!lock)
			lock = (sweep ? pair->sweep : pair->stress)->finding.lock;
	}
	if (lock)
		say(report,
			"In %u cell%s the child hung on %s, not on the allocator's: no choice of "
			"allocator repairs that.",
			count, count == 1 ? "" : "s", lock);
}

/* What is best looked at first: fork() before other methods, a sweep before chance. */
static int worth_seeing(const struct cell *cell)
{
	bool sweep = model_is_sweep(cell) && cell->has_finding && cell->finding.command[0];
	return 2 * (strcmp(cell->method, "fork") == 0) + sweep;
}

static void say_next(struct report *report)
{
	const struct cell *best = NULL;
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		if (question_blames(cell) && (!best || worth_seeing(cell) > worth_seeing(best)))
			best = cell;
	}
	/* Those of stress are repeated by name, unless the name alone is not known to forklab. */
	bool whole = best && best->has_finding && strcmp(best->link, "preload") == 0;
	if (best && (whole || worth_seeing(best) % 2))
		say(report, "See one of them again: %.400s", best->finding.command);
	else if (best)
		say(report, "See one of them again: forklab %s -a %s -s %s -m %s%s%s",
			model_is_sweep(best) ? "sweep" : "stress", best->allocator, best->scenario,
			best->method, *best->cure ? " --cure " : "", best->cure);
	else if (report->cells)
		say(report, "To look harder: forklab run --thorough");
}

static void say_folded(struct report *report)
{
	if (report->folded[0])
		say(report,
			"Linked in another way, but with the same verdicts, and so not shown "
			"(--all-variants shows them): %.380s.",
			report->folded);
}

int meaning_write(struct report *report)
{
	struct pairs pairs;
	report->note = calloc(NOTES_MAX, sizeof *report->note);
	if (!report->note || pairs_collect(&pairs, report) != 0)
		return -ENOMEM;
	if (question_has_method(report, "fork")) {
		say_clean(report, "fork");
		say_bad(report, "fork");
	} else if (report->cells) {
		say_clean(report, report->cell[0].method);
		say_bad(report, report->cell[0].method);
	}
	say_handlers(report);
	say_application_locks(report, &pairs);
	pairs_free(&pairs);
	/* The last places are kept for these. */
	if (report->notes > NOTES_MAX - 2)
		report->notes = NOTES_MAX - 2;
	say_folded(report);
	say_next(report);
	return 0;
}
