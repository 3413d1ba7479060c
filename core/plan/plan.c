#include "plan.h"

#include "shm_map.h"
#include "suggest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ (public domain). */
static uint64_t fnv(uint64_t hash, const void *data, size_t size)
{
	const unsigned char *byte = data;
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
	return hash;
}

uint64_t plan_seed(uint64_t seed, const char *allocator, const char *scenario, const char *method)
{
	uint64_t hash = fnv(UINT64_C(0xcbf29ce484222325), &seed, sizeof seed);
	hash = fnv(hash, allocator, strlen(allocator) + 1);
	hash = fnv(hash, scenario, strlen(scenario) + 1);
	return fnv(hash, method, strlen(method) + 1);
}

/* ---- Names ---- */

struct chosen {
	size_t count;
	const char **name;
};

static int unknown(const char *kind, const char *word, const char *const *known, size_t count,
	char *error, size_t size)
{
	const char *near = suggest(word, known, count);
	size_t used = (size_t)snprintf(error, size, "unknown %s '%s'", kind, word);
	if (near && used < size)
		used += (size_t)snprintf(error + used, size - used, "; did you mean '%s'?", near);
	if (used < size)
		used += (size_t)snprintf(
			error + used, size - used, "%s", near ? " Known:" : "; known:");
	for (size_t i = 0; i < count && used < size; i++)
		used += (size_t)snprintf(
			error + used, size - used, "%s %s", i ? "," : "", known[i]);
	return -EINVAL;
}

static int not_built(const struct catalogue_allocator *a, char *error, size_t size)
{
	snprintf(error, size, "%s is not built here: %s%s%s", a->name,
		a->why[0] ? a->why : "it was left out",
		a->package[0] ? "; it comes with the package " : "", a->package);
	return -EINVAL;
}

static bool any_preloaded(const struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->allocators; i++)
		if (catalogue->allocator[i].preloaded)
			return true;
	return false;
}

/* Without names: the real ones; or what was preloaded, and the baseline to compare it with. */
static bool by_default(
	const struct name_list *list, const struct catalogue_allocator *a, bool preloaded)
{
	if (!a->built || list->all)
		return a->built;
	return preloaded ? a->preloaded || strcmp(a->name, "glibc") == 0 : !a->teaching;
}

static bool is_chosen(const struct chosen *chosen, const char *name)
{
	for (size_t i = 0; i < chosen->count; i++)
		if (strcmp(chosen->name[i], name) == 0)
			return true;
	return false;
}

/* Who names a file on the command line wants to see it, whatever stands beside it. */
static void add_preloaded(struct chosen *chosen, const struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->allocators; i++)
		if (catalogue->allocator[i].preloaded &&
			!is_chosen(chosen, catalogue->allocator[i].name))
			chosen->name[chosen->count++] = catalogue->allocator[i].name;
}

static int named_allocator(struct chosen *chosen, const struct catalogue *catalogue,
	const char *name, char *error, size_t size)
{
	const char *known[CLI_NAMES_MAX * 2];
	size_t count = 0;
	const struct catalogue_allocator *a = catalogue_find(catalogue, name);
	if (a && !a->built)
		return not_built(a, error, size);
	if (a) {
		chosen->name[chosen->count++] = a->name;
		return 0;
	}
	for (size_t i = 0; i < catalogue->allocators && count < sizeof known / sizeof *known; i++)
		known[count++] = catalogue->allocator[i].name;
	return unknown("allocator", name, known, count, error, size);
}

static int choose_allocators(struct chosen *chosen, const struct name_list *list,
	const struct catalogue *catalogue, char *error, size_t size)
{
	bool preloaded = any_preloaded(catalogue);
	if (list->all || !list->count) {
		for (size_t i = 0; i < catalogue->allocators; i++)
			if (by_default(list, &catalogue->allocator[i], preloaded))
				chosen->name[chosen->count++] = catalogue->allocator[i].name;
		return 0;
	}
	for (size_t i = 0; i < list->count; i++) {
		int result = named_allocator(chosen, catalogue, list->name[i], error, size);
		if (result)
			return result;
	}
	add_preloaded(chosen, catalogue);
	return 0;
}

static int choose_scenarios(struct chosen *chosen, const struct options *options,
	const struct catalogue *catalogue, char *error, size_t size)
{
	const struct name_list *list = &options->scenario;
	const char *known[PAGE_SCENARIOS_MAX];
	for (size_t i = 0; i < catalogue->scenarios; i++)
		known[i] = catalogue->scenario[i].name;
	bool all = list->all || !list->count;
	for (size_t i = 0; all && i < catalogue->scenarios; i++)
		if (list->all || options->thorough || !catalogue->scenario[i].further)
			chosen->name[chosen->count++] = known[i];
	for (size_t i = 0; !all && i < list->count; i++) {
		if (!catalogue_has_scenario(catalogue, list->name[i]))
			return unknown("scenario", list->name[i], known, catalogue->scenarios,
				error, size);
		chosen->name[chosen->count++] = list->name[i];
	}
	return 0;
}

int plan_allocators(const struct name_list *list, const struct catalogue *catalogue,
	const struct catalogue_allocator **allocators, size_t *count, char *error, size_t size)
{
	static const struct name_list every = {.all = true};
	bool all = list->all || (!list->count && !any_preloaded(catalogue));
	struct chosen chosen = {
		.name = calloc(catalogue->allocators + CLI_NAMES_MAX, sizeof(char *))};
	if (!chosen.name) {
		snprintf(error, size, "no memory");
		return -ENOMEM;
	}
	int result = choose_allocators(&chosen, all ? &every : list, catalogue, error, size);
	for (size_t i = 0; !result && i < chosen.count; i++)
		allocators[i] = catalogue_find(catalogue, chosen.name[i]);
	*count = chosen.count;
	free(chosen.name);
	return result;
}

size_t plan_without_forms(
	const struct name_list *list, const struct catalogue_allocator **allocators, size_t count)
{
	size_t kept = 0;
	bool named = list->all || list->count;
	for (size_t i = 0; i < count; i++)
		if (named || !(allocators[i]->teaching || allocators[i]->brief))
			allocators[kept++] = allocators[i];
	return kept;
}

/* ---- Cells ---- */

static void fill_cell(struct cell_plan *cell, const struct options *options,
	const struct catalogue *catalogue, char (*repeat)[MODEL_NAME_MAX])
{
	cell->method_name = pages_method_name(cell->method);
	cell->repeat = repeat[cell->cure];
	const struct catalogue_allocator *a = catalogue_find(catalogue, cell->allocator);
	cell->runner = a->runner;
	cell->env = catalogue_env(a);
	cell->data_bytes = a->data_bytes;
	cell->reports = a->reports[0] ? a->reports : NULL;
	cell->unswept = a->unswept[0] ? a->unswept : NULL;
	cell->object = catalogue_object(a);
	cell->given = a->preloaded ? a->given : NULL;
	/* All allocators are swept through the same sequence. */
	cell->seed = cell->mode == MODE_SWEEP ? plan_seed(options->seed, "", cell->scenario, "")
					      : plan_seed(options->seed, cell->allocator,
							cell->scenario, cell->method_name);
	cell->first_trial = options->one_trial ? options->trial : 0;
	cell->trials = options->one_trial ? options->trial + 1 : options->trials;
	cell->workers = options->workers;
	cell->aim = options->aim;
	cell->long_sweep =
		cell->mode == MODE_SWEEP && catalogue_long_sweep(catalogue, cell->scenario);
	cell->every_instruction = options->every_instruction;
	cell->point = options->one_point ? options->point : 0;
	cell->deadline_s = options->deadline_s;
}

/* What the command of a finding needs beside the names of its cell. */
static void write_repeats(struct plan_list *list, const struct options *options)
{
	for (unsigned cure = 0; cure < CURE_COUNT; cure++)
		snprintf(list->repeat[cure], sizeof list->repeat[cure], " --seed %" PRIu64 "%s%s%s",
			options->seed, options->aim ? "" : " --no-aim",
			cure == CURE_NONE ? "" : " --cure ",
			cure == CURE_NONE ? "" : pages_cure_name(cure));
}

static const struct of_each {
	size_t count;
	enum page_mode mode[2];
} modes[COMMAND_COUNT] = {
	[COMMAND_RUN] = {2, {MODE_STRESS, MODE_SWEEP}},
	[COMMAND_STRESS] = {1, {MODE_STRESS}},
	[COMMAND_SWEEP] = {1, {MODE_SWEEP}},
	[COMMAND_TRACE] = {1, {MODE_STRESS}},
	[COMMAND_EXPLAIN] = {1, {MODE_SWEEP}},
};

/*
 * Where neither allocators nor scenarios are named, those that are a form of another one, or a tool
 * rather than a choice for a server, are tried in one scenario: the table has an end then, and what
 * hangs under fork() mostly does so there.
 */
static bool is_left_out(const struct options *options, const struct catalogue *catalogue,
	const struct cell_plan *cell)
{
	const struct name_list *named = &options->alloc, *scenarios = &options->scenario;
	bool everything = options->command == COMMAND_RUN && !options->thorough && !named->all &&
			  !named->count && !scenarios->all && !scenarios->count;
	return everything && catalogue_find(catalogue, cell->allocator)->brief &&
	       strcmp(cell->scenario, "basic") != 0;
}

/* The cells of one row of a table. */
static void add_row(struct plan_list *list, const struct options *options,
	const struct catalogue *catalogue, const struct chosen *scenarios,
	const struct cell_plan *row)
{
	const struct of_each *each = &modes[options->command];
	for (size_t s = 0; s < scenarios->count * each->count; s++) {
		struct cell_plan *cell = &list->cell[list->cells++];
		*cell = *row;
		cell->scenario = scenarios->name[s / each->count];
		cell->mode = each->mode[s % each->count];
		if (is_left_out(options, catalogue, cell))
			list->cells--;
		else
			fill_cell(cell, options, catalogue, list->repeat);
	}
}

static int fill_list(struct plan_list *list, const struct options *options,
	const struct catalogue *catalogue, const struct chosen *allocators,
	const struct chosen *scenarios)
{
	size_t rows = options->methods * allocators->count * options->cures;
	list->cell = calloc(
		rows * scenarios->count * modes[options->command].count + 1, sizeof *list->cell);
	if (!list->cell)
		return -ENOMEM;
	write_repeats(list, options);
	for (size_t m = 0; m < options->methods; m++)
		for (size_t a = 0; a < allocators->count; a++)
			for (size_t c = 0; c < options->cures; c++) {
				const struct cell_plan row = {
					.method = options->method[m],
					.allocator = allocators->name[a],
					.cure = options->cure[c],
				};
				add_row(list, options, catalogue, scenarios, &row);
			}
	return 0;
}

int plan_make(struct plan_list *list, const struct options *options,
	const struct catalogue *catalogue, char *error, size_t size)
{
	*list = (struct plan_list){0};
	struct chosen allocators = {
		.name = calloc(catalogue->allocators + CLI_NAMES_MAX, sizeof(char *))};
	struct chosen scenarios = {.name = calloc(PAGE_SCENARIOS_MAX * 2, sizeof(char *))};
	int result = allocators.name && scenarios.name ? 0 : -ENOMEM;
	if (!result)
		result = choose_allocators(&allocators, &options->alloc, catalogue, error, size);
	if (!result)
		result = choose_scenarios(&scenarios, options, catalogue, error, size);
	if (!result)
		result = fill_list(list, options, catalogue, &allocators, &scenarios);
	if (result == -ENOMEM)
		snprintf(error, size, "no memory for the plan");
	free(allocators.name);
	free(scenarios.name);
	return result;
}

void plan_free(struct plan_list *list)
{
	free(list->cell);
	*list = (struct plan_list){0};
}
