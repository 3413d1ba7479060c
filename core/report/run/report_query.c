#include "report_query.h"

#include "result.h"
#include "strbuf.h"
#include "tally.h"

#include <stdio.h>
#include <string.h>

bool query_blames_allocator(const struct cell *cell)
{
	return tally_held(cell) > 0;
}

static bool is_of(const struct cell *cell, const char *subject, enum fork_method method)
{
	return strcmp(model_subject(cell), subject) == 0 && cell->method == method;
}

/* Of equal verdicts a sweep's is worse: it is reproducible. */
static bool is_worse(const struct cell *cell, const struct cell *than)
{
	int more = verdict_severity(tally_held_verdict(cell)) -
		   verdict_severity(tally_held_verdict(than));
	bool sweep = model_is_sweep(cell);
	if (more == 0 && sweep != model_is_sweep(than))
		return sweep;
	return more > 0 || (more == 0 && cell->bad_rate > than->bad_rate);
}

const struct cell *query_worst_cell(
	const struct report *report, const char *subject, enum fork_method method)
{
	const struct cell *worst = NULL;
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		if (is_of(cell, subject, method) && query_blames_allocator(cell) &&
			(!worst || is_worse(cell, worst)))
			worst = cell;
	}
	return worst;
}

bool query_is_first(const struct report *report, size_t index)
{
	const struct cell *cell = &report->cell[index];
	for (size_t i = 0; i < index; i++)
		if (is_of(&report->cell[i], model_subject(cell), cell->method))
			return false;
	return true;
}

bool query_has_method(const struct report *report, enum fork_method method)
{
	for (size_t i = 0; i < report->cells; i++)
		if (report->cell[i].method == method &&
			report->cell[i].trials + report->cell[i].sweep.waited)
			return true;
	return false;
}

bool query_is_bad(const struct report *report, const char *subject, enum fork_method method)
{
	return query_worst_cell(report, subject, method) != NULL;
}

static bool does_not_apply(const struct cell *cell)
{
	return cell->verdict == VERDICT_SKIPPED && !cell->cut;
}

static void add_totals(struct tested_totals *tested_totals, const struct report *report,
	const char *subject, enum fork_method method)
{
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		if (!is_of(cell, subject, method))
			continue;
		tested_totals->foreign += tally_foreign(cell);
		if (!model_is_sweep(cell)) {
			tested_totals->forks += cell->trials;
			continue;
		}
		tested_totals->points += result_points_tested(cell);
		tested_totals->sweeps += result_cell_judged(cell);
		tested_totals->complete += result_sweep_complete(cell);
		tested_totals->missing += !result_cell_judged(cell) && !does_not_apply(cell);
	}
}

static struct tested_totals totals_of(
	const struct report *report, const char *subject, enum fork_method method)
{
	struct tested_totals tested_totals = {0};
	add_totals(&tested_totals, report, subject, method);
	return tested_totals;
}

/* Every sweep covered its whole sequence, so the result does not depend on chance. */
static bool is_complete(const struct tested_totals *tested_totals)
{
	return tested_totals->sweeps > 0 && tested_totals->complete == tested_totals->sweeps &&
	       tested_totals->missing == 0;
}

static bool is_clean(const struct report *report, const char *subject, enum fork_method method)
{
	struct tested_totals tested_totals = totals_of(report, subject, method);
	return tested_totals.points + tested_totals.forks > 0 &&
	       !query_is_bad(report, subject, method);
}

bool query_is_clean_complete(
	const struct report *report, const char *subject, enum fork_method method)
{
	struct tested_totals tested_totals = totals_of(report, subject, method);
	return is_complete(&tested_totals) && is_clean(report, subject, method);
}

bool query_is_clean_partial(
	const struct report *report, const char *subject, enum fork_method method)
{
	return is_clean(report, subject, method) &&
	       !query_is_clean_complete(report, subject, method);
}

/* Real allocators before tools and variants, the worst first, else in the order of the plan. */
static bool is_listed_before(
	const struct report *report, const struct cell *cell, const struct cell *than)
{
	const struct cell *worst = query_worst_cell(report, model_subject(cell), cell->method);
	const struct cell *other = query_worst_cell(report, model_subject(than), than->method);
	if (cell->secondary != than->secondary)
		return than->secondary;
	if (!worst || !other)
		return worst && !other;
	return verdict_severity(tally_held_verdict(worst)) >
	       verdict_severity(tally_held_verdict(other));
}

/* An insertion sort: it keeps the order of equal ones, and there are few. */
static void insert(const struct report *report, const struct cell **list, size_t count,
	const struct cell *cell)
{
	size_t at = count;
	while (at > 0 && is_listed_before(report, cell, list[at - 1])) {
		list[at] = list[at - 1];
		at--;
	}
	list[at] = cell;
}

size_t query_subjects(const struct report *report, enum fork_method method, report_predicate *is,
	const struct cell *first[QUERY_SUBJECTS_MAX])
{
	size_t count = 0;
	for (size_t i = 0; i < report->cells && count < QUERY_SUBJECTS_MAX; i++) {
		const struct cell *cell = &report->cell[i];
		if (cell->method == method && query_is_first(report, i) &&
			is(report, model_subject(cell), method))
			insert(report, first, count++, cell);
	}
	return count;
}

unsigned query_subject_names(const struct report *report, enum fork_method method,
	report_predicate *is, char *text, size_t size)
{
	const struct cell *first[QUERY_SUBJECTS_MAX];
	size_t count = query_subjects(report, method, is, first);
	struct strbuf names = strbuf_init(text, size);
	for (size_t i = 0; i < count; i++)
		strbuf_add_name(&names, model_subject(first[i]));
	strbuf_end_names(&names);
	return (unsigned)count;
}

struct tested_totals query_totals(
	const struct report *report, enum fork_method method, report_predicate *is)
{
	struct tested_totals tested_totals = {0};
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		if (cell->method == method && query_is_first(report, i) &&
			is(report, model_subject(cell), method))
			add_totals(&tested_totals, report, model_subject(cell), method);
	}
	return tested_totals;
}
