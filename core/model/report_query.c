#include "report_query.h"

#include "result.h"
#include "tally.h"

#include <stdio.h>
#include <string.h>

bool question_blames(const struct cell *cell)
{
	return tally_bad(cell) > 0 && !(cell->has_finding && cell->finding.lock_of_application);
}

static bool is_of(const struct cell *cell, const char *subject, const char *method)
{
	return strcmp(model_subject(cell), subject) == 0 && strcmp(cell->method, method) == 0;
}

/* Of verdicts that are alike a sweep's counts: it is the same every time. */
static bool is_worse(const struct cell *cell, const struct cell *than)
{
	int more = verdict_severity(cell->verdict) - verdict_severity(than->verdict);
	bool sweep = model_is_sweep(cell);

	if (more == 0 && sweep != model_is_sweep(than))
		return sweep;
	return more > 0 || (more == 0 && cell->bad_rate > than->bad_rate);
}

const struct cell *question_worst(
	const struct report *report, const char *subject, const char *method)
{
	const struct cell *worst = NULL;
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		if (is_of(cell, subject, method) && question_blames(cell) &&
			(!worst || is_worse(cell, worst)))
			worst = cell;
	}
	return worst;
}

bool question_first(const struct report *report, size_t index)
{
	const struct cell *cell = &report->cell[index];
	for (size_t i = 0; i < index; i++)
		if (is_of(&report->cell[i], model_subject(cell), cell->method))
			return false;
	return true;
}

bool question_has_method(const struct report *report, const char *method)
{
	for (size_t i = 0; i < report->cells; i++)
		if (strcmp(report->cell[i].method, method) == 0 &&
			report->cell[i].trials + report->cell[i].sweep.waited)
			return true;
	return false;
}

bool question_bad(const struct report *report, const char *subject, const char *method)
{
	return question_worst(report, subject, method) != NULL;
}

static bool does_not_apply(const struct cell *cell)
{
	return cell->verdict == VERDICT_SKIPPED && !cell->cut;
}

static void add_effort(
	struct effort *effort, const struct report *report, const char *subject, const char *method)
{
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		if (!is_of(cell, subject, method))
			continue;
		if (!model_is_sweep(cell)) {
			effort->forks += cell->trials;
			continue;
		}
		effort->points += pair_points(cell);
		effort->sweeps += pair_judged(cell);
		effort->whole += pair_swept_all(cell);
		effort->missing += !pair_judged(cell) && !does_not_apply(cell);
	}
}

static struct effort effort_of(const struct report *report, const char *subject, const char *method)
{
	struct effort effort = {0};
	add_effort(&effort, report, subject, method);
	return effort;
}

/* Every sweep of it covered its sequence to the end, and so has no chance in it. */
static bool is_whole(const struct effort *effort)
{
	return effort->sweeps > 0 && effort->whole == effort->sweeps && effort->missing == 0;
}

static bool is_clean(const struct report *report, const char *subject, const char *method)
{
	struct effort effort = effort_of(report, subject, method);
	return effort.points + effort.forks > 0 && !question_bad(report, subject, method);
}

bool question_clean_throughout(const struct report *report, const char *subject, const char *method)
{
	struct effort effort = effort_of(report, subject, method);
	return is_whole(&effort) && is_clean(report, subject, method);
}

bool question_clean_so_far(const struct report *report, const char *subject, const char *method)
{
	return is_clean(report, subject, method) &&
	       !question_clean_throughout(report, subject, method);
}

unsigned question_names(
	const struct report *report, const char *method, question *is, char *text, size_t size)
{
	unsigned count = 0;
	size_t used = 0;
	text[0] = '\0';
	for (size_t i = 0; i < report->cells && used < size; i++) {
		const struct cell *cell = &report->cell[i];
		if (strcmp(cell->method, method) != 0 || !question_first(report, i) ||
			!is(report, model_subject(cell), method))
			continue;
		used += (size_t)snprintf(
			text + used, size - used, "%s%s", count ? ", " : "", model_subject(cell));
		count++;
	}
	return count;
}

struct effort question_effort(const struct report *report, const char *method, question *is)
{
	struct effort effort = {0};
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		if (strcmp(cell->method, method) == 0 && question_first(report, i) &&
			is(report, model_subject(cell), method))
			add_effort(&effort, report, model_subject(cell), method);
	}
	return effort;
}
