#include "variants.h"

#include "result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cell *any_of(const struct pair *pair)
{
	return pair->stress ? pair->stress : pair->sweep;
}

static bool same_place(const struct cell *cell, const struct cell *other)
{
	return strcmp(cell->scenario, other->scenario) == 0 &&
	       strcmp(cell->method, other->method) == 0;
}

static const struct pair *find(
	const struct pairs *pairs, const char *allocator, const struct cell *place)
{
	for (size_t i = 0; i < pairs->count; i++) {
		const struct cell *cell = any_of(&pairs->pair[i]);
		if (strcmp(cell->allocator, allocator) == 0 && same_place(cell, place))
			return &pairs->pair[i];
	}
	return NULL;
}

static bool is_broken(const struct pair *pair)
{
	return (pair->stress && pair->stress->count[VERDICT_BROKEN]) ||
	       (pair->sweep && pair->sweep->count[VERDICT_BROKEN]);
}

/* False if the two verdicts differ, or there is nothing to compare with. */
static bool agrees(const struct pair *pair, const struct pair *base)
{
	if (!base || is_broken(pair))
		return false;
	const struct cell *cell = pair_decides(pair), *other = pair_decides(base);
	return !pair_judged(cell) || !pair_judged(other) || cell->verdict == other->verdict;
}

static bool makes_no_difference(
	const struct pairs *pairs, const char *variant, const char *variant_of)
{
	bool any = false;
	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair *pair = &pairs->pair[i];
		if (strcmp(any_of(pair)->allocator, variant) != 0)
			continue;
		if (!agrees(pair, find(pairs, variant_of, any_of(pair))))
			return false;
		any = true;
	}
	return any;
}

static void remember(struct report *report, const char *variant)
{
	size_t used = strlen(report->folded);
	snprintf(report->folded + used, sizeof report->folded - used, "%s%s", used ? ", " : "",
		variant);
}

static void take_out(struct report *report, const char *allocator)
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

/* What is taken out moves the cells that pairs point to, so they are collected anew each time. */
int variants_fold(struct report *report, const struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->allocators; i++) {
		const struct catalogue_allocator *a = &catalogue->allocator[i];
		struct pairs pairs;
		if (!a->variant_of[0])
			continue;
		int error = pairs_collect(&pairs, report);
		if (error)
			return error;
		bool same = makes_no_difference(&pairs, a->name, a->variant_of);
		pairs_free(&pairs);
		if (!same)
			continue;
		take_out(report, a->name);
		remember(report, a->name);
	}
	return 0;
}
