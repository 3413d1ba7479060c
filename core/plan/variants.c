#include "variants.h"

#include "result.h"
#include "strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* They are named in a sentence of MODEL_TEXT_MAX bytes. */
enum { FOLDED_MAX = MODEL_TEXT_MAX - 128 };

static const struct cell *first_cell(const struct result *result)
{
	return result->stress ? result->stress : result->sweep;
}

static bool same_scenario(const struct cell *cell, const struct cell *other)
{
	return strcmp(cell->scenario, other->scenario) == 0 && cell->method == other->method;
}

static const struct result *find(
	const struct results *results, const char *allocator, const struct cell *key)
{
	for (size_t i = 0; i < results->count; i++) {
		const struct cell *cell = first_cell(&results->result[i]);
		if (strcmp(cell->allocator, allocator) == 0 && same_scenario(cell, key))
			return &results->result[i];
	}
	return NULL;
}

static bool is_broken(const struct result *result)
{
	return (result->stress && result->stress->count[VERDICT_BROKEN]) ||
	       (result->sweep && result->sweep->count[VERDICT_BROKEN]);
}

/* False if the verdicts differ, or there is nothing to compare with. */
static bool agrees(const struct result *result, const struct result *base)
{
	if (!base || is_broken(result))
		return false;
	const struct cell *cell = result_deciding_cell(result), *other = result_deciding_cell(base);
	return !result_cell_judged(cell) || !result_cell_judged(other) ||
	       cell->verdict == other->verdict;
}

static bool makes_no_difference(
	const struct results *results, const char *variant, const char *variant_of)
{
	bool any = false;
	for (size_t i = 0; i < results->count; i++) {
		const struct result *result = &results->result[i];
		if (strcmp(first_cell(result)->allocator, variant) != 0)
			continue;
		if (!agrees(result, find(results, variant_of, first_cell(result))))
			return false;
		any = true;
	}
	return any;
}

static void remove_variant(struct report *report, const char *allocator)
{
	size_t kept = 0;
	for (size_t i = 0; i < report->cells; i++) {
		if (strcmp(report->cell[i].allocator, allocator) == 0)
			free(report->cell[i].sweep.window);
		else
			report->cell[kept++] = report->cell[i];
	}
	report->cells = kept;
}

/* Removing cells moves those that results point to, so results are collected again each time. */
int variants_fold(struct report *report, const struct catalogue *catalogue)
{
	struct strbuf folded = strbuf_init(report->folded, FOLDED_MAX);
	for (size_t i = 0; i < catalogue->allocators; i++) {
		const struct catalogue_allocator *a = &catalogue->allocator[i];
		if (!a->variant_of[0])
			continue;
		int error = results_build(report);
		if (error)
			return error;
		bool same = makes_no_difference(&report->results, a->name, a->variant_of);
		if (!same)
			continue;
		remove_variant(report, a->name);
		strbuf_add_name(&folded, a->name);
	}
	strbuf_end_names(&folded);
	results_free(report);
	return 0;
}
