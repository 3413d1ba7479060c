#include "result.h"

#include "tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct cell *first_cell(const struct result *result)
{
	return result->stress ? result->stress : result->sweep;
}

static bool same_key(const struct cell *a, const struct cell *b)
{
	return strcmp(model_subject(a), model_subject(b)) == 0 &&
	       strcmp(a->scenario, b->scenario) == 0 && a->method == b->method;
}

/* The result that lacks this cell, or a new one. */
static struct result *result_of(struct results *results, const struct cell *cell)
{
	bool sweep = model_is_sweep(cell);
	for (size_t i = 0; i < results->count; i++) {
		struct result *result = &results->result[i];
		if (same_key(first_cell(result), cell) && !(sweep ? result->sweep : result->stress))
			return result;
	}
	return &results->result[results->count++];
}

int results_build(struct report *report)
{
	struct results *results = &report->results;
	results_free(report);
	results->result = calloc(report->cells + 1, sizeof(struct result));
	if (!results->result)
		return -ENOMEM;
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		struct result *result = result_of(results, cell);
		if (model_is_sweep(cell))
			result->sweep = cell;
		else
			result->stress = cell;
	}
	for (size_t i = 0; i < results->count; i++)
		results->result[i].verdict = result_deciding_cell(&results->result[i])->verdict;
	return 0;
}

void results_free(struct report *report)
{
	free(report->results.result);
	report->results = (struct results){0};
}

bool result_cell_judged(const struct cell *cell)
{
	return (cell->trials > 0 || cell->sweep.waited > 0 || cell_nothing_changes(cell)) &&
	       cell->verdict != VERDICT_SKIPPED && cell->verdict != VERDICT_BROKEN;
}

static bool has_foreign(const struct cell *cell)
{
	return cell && tally_foreign(cell) > 0;
}

bool result_has_foreign(const struct result *result)
{
	return has_foreign(result->stress) || has_foreign(result->sweep);
}

enum result_relation result_relation(const struct result *result)
{
	bool stress_bad, sweep_bad;
	if (!result->stress || !result->sweep)
		return RESULT_SINGLE;
	if (!result_cell_judged(result->sweep))
		return RESULT_NO_SWEEP;
	if (!result_cell_judged(result->stress))
		return RESULT_NO_STRESS;
	if (result->stress->verdict == result->sweep->verdict)
		return RESULT_AGREE;
	stress_bad = verdict_is_bad(result->stress->verdict);
	sweep_bad = verdict_is_bad(result->sweep->verdict);
	if (stress_bad && sweep_bad)
		return RESULT_DIFFER;
	return stress_bad ? RESULT_SWEEP_MISSED : RESULT_STRESS_MISSED;
}

static const struct cell *worse(const struct cell *stress, const struct cell *sweep)
{
	bool stress_is = verdict_severity(stress->verdict) > verdict_severity(sweep->verdict);
	return stress_is ? stress : sweep;
}

const struct cell *result_deciding_cell(const struct result *result)
{
	if (!result->stress || !result->sweep)
		return first_cell(result);
	switch (result_relation(result)) {
	case RESULT_NO_SWEEP:
		return result_cell_judged(result->stress) ? result->stress
							  : worse(result->stress, result->sweep);
	case RESULT_NO_STRESS:
		return result->sweep;
	default:
		return worse(result->stress, result->sweep);
	}
}

const struct cell *result_other_cell(const struct result *result)
{
	return result_deciding_cell(result) == result->sweep ? result->stress : result->sweep;
}

bool result_sweep_complete(const struct cell *sweep)
{
	return result_cell_judged(sweep) && sweep->sweep.complete && sweep->sweep.left_out == 0 &&
	       sweep->count[VERDICT_BROKEN] == 0;
}

uint32_t result_points_tested(const struct cell *sweep)
{
	return sweep->sweep.tried + sweep->sweep.waited;
}
