#include "result.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct cell *any(const struct pair *pair)
{
	return pair->stress ? pair->stress : pair->sweep;
}

static bool same_place(const struct cell *a, const struct cell *b)
{
	return strcmp(model_subject(a), model_subject(b)) == 0 &&
	       strcmp(a->scenario, b->scenario) == 0 && strcmp(a->method, b->method) == 0;
}

/* The pair that waits for this cell, made if there is none. */
static struct pair *pair_of(struct pairs *pairs, const struct cell *cell)
{
	bool sweep = model_is_sweep(cell);

	for (size_t i = 0; i < pairs->count; i++) {
		struct pair *pair = &pairs->pair[i];

		if (same_place(any(pair), cell) && !(sweep ? pair->sweep : pair->stress))
			return pair;
	}
	return &pairs->pair[pairs->count++];
}

int pairs_collect(struct pairs *pairs, const struct report *report)
{
	*pairs = (struct pairs){.pair = calloc(report->cells + 1, sizeof(struct pair))};
	if (!pairs->pair)
		return -ENOMEM;
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		struct pair *pair = pair_of(pairs, cell);

		if (model_is_sweep(cell))
			pair->sweep = cell;
		else
			pair->stress = cell;
	}
	return 0;
}

void pairs_free(struct pairs *pairs)
{
	free(pairs->pair);
	*pairs = (struct pairs){0};
}

bool pair_judged(const struct cell *cell)
{
	return (cell->trials > 0 || cell->sweep.waited > 0) && cell->verdict != VERDICT_SKIPPED &&
	       cell->verdict != VERDICT_BROKEN;
}

enum pair_relation pair_relation(const struct pair *pair)
{
	bool stress_bad, sweep_bad;

	if (!pair->stress || !pair->sweep)
		return PAIR_SINGLE;
	if (!pair_judged(pair->sweep))
		return PAIR_NO_SWEEP;
	if (!pair_judged(pair->stress))
		return PAIR_NO_STRESS;
	if (pair->stress->verdict == pair->sweep->verdict)
		return PAIR_AGREE;
	stress_bad = verdict_is_bad(pair->stress->verdict);
	sweep_bad = verdict_is_bad(pair->sweep->verdict);
	if (stress_bad && sweep_bad)
		return PAIR_DIFFER;
	return stress_bad ? PAIR_SWEEP_MISSED : PAIR_STRESS_MISSED;
}

static const struct cell *worse(const struct cell *stress, const struct cell *sweep)
{
	bool stress_is = verdict_severity(stress->verdict) > verdict_severity(sweep->verdict);

	return stress_is ? stress : sweep;
}

const struct cell *pair_decides(const struct pair *pair)
{
	switch (pair_relation(pair)) {
	case PAIR_SINGLE:
		return any(pair);
	case PAIR_NO_SWEEP:
		return pair_judged(pair->stress) ? pair->stress : worse(pair->stress, pair->sweep);
	case PAIR_NO_STRESS:
		return pair->sweep;
	default:
		return worse(pair->stress, pair->sweep);
	}
}

const struct cell *pair_other(const struct pair *pair)
{
	return pair_decides(pair) == pair->sweep ? pair->stress : pair->sweep;
}

bool pair_swept_all(const struct cell *sweep)
{
	return pair_judged(sweep) && sweep->sweep.complete && sweep->sweep.left_out == 0 &&
	       sweep->count[VERDICT_BROKEN] == 0;
}

uint32_t pair_points(const struct cell *sweep)
{
	return sweep->sweep.tried + sweep->sweep.waited;
}
