#include "plan.h"

#include "shm_map.h"
#include "strbuf.h"
#include "suggest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ (public domain). */
static uint64_t fnv1a(uint64_t hash, const void *data, size_t size)
{
	const unsigned char *byte = data;
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
	return hash;
}

uint64_t plan_seed(uint64_t seed, const char *allocator, const char *scenario, const char *method)
{
	uint64_t hash = fnv1a(UINT64_C(0xcbf29ce484222325), &seed, sizeof(seed));
	hash = fnv1a(hash, allocator, strlen(allocator) + 1);
	hash = fnv1a(hash, scenario, strlen(scenario) + 1);
	return fnv1a(hash, method, strlen(method) + 1);
}

/* ---- Names ---- */

struct selection {
	size_t count;
	const char **name;
};

static int unknown_name(const char *kind, const char *word, const char *const *known, size_t count,
	char *error, size_t size)
{
	const char *near = suggest(word, known, count);
	struct strbuf line = strbuf_init(error, size);
	strbuf_addf(&line, "unknown %s '%s'", kind, word);
	if (near)
		strbuf_addf(&line, "; did you mean '%s'? Known: ", near);
	else
		strbuf_addf(&line, "; known: ");
	for (size_t i = 0; i < count; i++)
		strbuf_add_name(&line, known[i]);
	strbuf_end_names(&line);
	return -EINVAL;
}

static int unknown_allocator(
	const struct catalogue *catalogue, const char *name, char *error, size_t size)
{
	const char *known[OPTIONS_NAMES_MAX * 2];
	size_t count = 0;
	for (size_t i = 0; i < catalogue->allocators && count < sizeof(known) / sizeof(*known); i++)
		known[count++] = catalogue->allocator[i].name;
	return unknown_name("allocator", name, known, count, error, size);
}

static int unknown_scenario(
	const struct catalogue *catalogue, const char *name, char *error, size_t size)
{
	const char *known[SHM_SCENARIOS_MAX];
	for (size_t i = 0; i < catalogue->scenarios; i++)
		known[i] = catalogue->scenario[i].name;
	return unknown_name("scenario", name, known, catalogue->scenarios, error, size);
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

/* By default the real allocators; or the preloaded ones, and the baseline to compare them with. */
static bool is_default(
	const struct options *options, const struct catalogue_allocator *a, bool preloaded)
{
	bool thorough = options->effort == EFFORT_THOROUGH;
	const bool chosen[ALLOCATOR_KINDS] = {
		[ALLOCATOR_REAL] = true,
		[ALLOCATOR_VARIANT] = options->all_variants || thorough,
		[ALLOCATOR_TOOL] = options->tools || thorough,
	};
	if (!a->built || options->alloc.all)
		return a->built;
	return preloaded ? a->preloaded || strcmp(a->name, "glibc") == 0 : chosen[a->kind];
}

static bool is_selected(const struct selection *selection, const char *name)
{
	for (size_t i = 0; i < selection->count; i++)
		if (strcmp(selection->name[i], name) == 0)
			return true;
	return false;
}

/* A file named on the command line is always included. */
static void add_preloaded(struct selection *selection, const struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->allocators; i++)
		if (catalogue->allocator[i].preloaded &&
			!is_selected(selection, catalogue->allocator[i].name))
			selection->name[selection->count++] = catalogue->allocator[i].name;
}

static int select_named(struct selection *selection, const struct catalogue *catalogue,
	const char *name, char *error, size_t size)
{
	const struct catalogue_allocator *a = catalogue_find(catalogue, name);
	if (!a)
		return unknown_allocator(catalogue, name, error, size);
	if (!a->built)
		return not_built(a, error, size);
	selection->name[selection->count++] = a->name;
	return 0;
}

static int select_allocators(struct selection *selection, const struct options *options,
	const struct catalogue *catalogue, char *error, size_t size)
{
	const struct name_list *list = &options->alloc;
	bool preloaded = any_preloaded(catalogue);
	/* Names beside "all" are checked too; all of them are among the rest. */
	for (size_t i = 0; i < list->count; i++) {
		int result = select_named(selection, catalogue, list->name[i], error, size);
		if (result)
			return result;
	}
	if (!list->all && list->count) {
		add_preloaded(selection, catalogue);
		return 0;
	}
	selection->count = 0;
	for (size_t i = 0; i < catalogue->allocators; i++)
		if (is_default(options, &catalogue->allocator[i], preloaded))
			selection->name[selection->count++] = catalogue->allocator[i].name;
	return 0;
}

static int select_scenarios(struct selection *selection, const struct options *options,
	const struct catalogue *catalogue, char *error, size_t size)
{
	const struct name_list *list = &options->scenario;
	for (size_t i = 0; i < list->count; i++) {
		if (!catalogue_find_scenario(catalogue, list->name[i]))
			return unknown_scenario(catalogue, list->name[i], error, size);
		selection->name[selection->count++] = list->name[i];
	}
	if (!list->all && list->count)
		return 0;
	selection->count = 0;
	for (size_t i = 0; i < catalogue->scenarios; i++)
		if (list->all || options->effort == EFFORT_THOROUGH ||
			!catalogue->scenario[i].optional)
			selection->name[selection->count++] = catalogue->scenario[i].name;
	return 0;
}

int plan_check_names(
	const struct options *options, const struct catalogue *catalogue, char *error, size_t size)
{
	for (size_t i = 0; i < options->alloc.count; i++)
		if (!catalogue_find(catalogue, options->alloc.name[i]))
			return unknown_allocator(catalogue, options->alloc.name[i], error, size);
	for (size_t i = 0; i < options->scenario.count; i++)
		if (!catalogue_find_scenario(catalogue, options->scenario.name[i]))
			return unknown_scenario(catalogue, options->scenario.name[i], error, size);
	return 0;
}

int plan_allocators(const struct name_list *list, const struct catalogue *catalogue,
	const struct catalogue_allocator **allocators, size_t *count, char *error, size_t size)
{
	struct options options = {.alloc = *list};
	struct selection selection = {
		.name = calloc(catalogue->allocators + OPTIONS_NAMES_MAX, sizeof(char *))};
	if (!selection.name) {
		snprintf(error, size, "no memory");
		return -ENOMEM;
	}
	options.alloc.all |= !list->count && !any_preloaded(catalogue);
	int result = select_allocators(&selection, &options, catalogue, error, size);
	for (size_t i = 0; !result && i < selection.count; i++)
		allocators[i] = catalogue_find(catalogue, selection.name[i]);
	*count = selection.count;
	free(selection.name);
	return result;
}

size_t plan_without_variants(
	const struct name_list *list, const struct catalogue_allocator **allocators, size_t count)
{
	size_t kept = 0;
	bool named = list->all || list->count;
	for (size_t i = 0; i < count; i++)
		if (named || allocators[i]->kind == ALLOCATOR_REAL)
			allocators[kept++] = allocators[i];
	return kept;
}

/* ---- Cells ---- */

static void fill_cell(struct cell_plan *cell, const struct options *options,
	const struct catalogue *catalogue, struct plan_list *list)
{
	cell->repro_options = cell->mode == MODE_SWEEP ? list->sweep_options[cell->mitigation]
						       : list->repro_options[cell->mitigation];
	const struct catalogue_allocator *a = catalogue_find(catalogue, cell->allocator);
	cell->runner = a->runner;
	cell->env = catalogue_env(a);
	cell->memory_bytes = a->memory_bytes;
	cell->secondary = a->kind != ALLOCATOR_REAL;
	cell->checker = a->checker[0] ? a->checker : NULL;
	cell->unswept = a->unswept[0] ? a->unswept : NULL;
	cell->object = catalogue_object(a);
	cell->preload_options = a->preloaded ? a->preload_options : NULL;
	/* All allocators are swept through the same sequence. */
	cell->seed = cell->mode == MODE_SWEEP
			     ? plan_seed(options->seed, "", cell->scenario, "")
			     : plan_seed(options->seed, cell->allocator, cell->scenario,
				       fork_method_name(cell->method));
	cell->first_trial = options->one_trial ? options->trial : 0;
	cell->trials = options->one_trial ? options->trial + 1 : options->trials;
	cell->workers = options->workers;
	cell->aim = options->aim;
	const struct catalogue_scenario *scenario =
		catalogue_find_scenario(catalogue, cell->scenario);
	cell->long_sweep = cell->mode == MODE_SWEEP && scenario && scenario->long_sweep;
	if (scenario && scenario->file[0]) {
		cell->scenario_file = scenario->file;
		cell->scenario_argument = scenario->argument;
		cell->scenario_failure = &scenario->failure;
	}
	cell->every_instruction = options->every_instruction;
	cell->point = options->one_point ? options->point : 0;
	cell->deadline_s = options->deadline_s;
}

/* The options that a finding's command needs besides the names of its cell. */
static void write_repro_options(struct plan_list *list, const struct options *options)
{
	char memory[32] = "";
	if (options->memory_bytes)
		snprintf(memory, sizeof(memory), " --memory %" PRIu64 "M",
			options->memory_bytes >> 20);
	for (unsigned mitigation = 0; mitigation < MITIGATION_COUNT; mitigation++) {
		bool cured = mitigation != MITIGATION_NONE;
		const char *cure = cured ? " --cure " : "",
			   *name = cured ? mitigation_name(mitigation) : "";
		snprintf(list->sweep_options[mitigation], PLAN_REPRO_MAX,
			" --seed %" PRIu64 "%s%s%s", options->seed, cure, name, memory);
		snprintf(list->repro_options[mitigation], PLAN_REPRO_MAX,
			" --seed %" PRIu64 "%s%s%s%s", options->seed,
			options->aim ? "" : " --no-aim", cure, name, memory);
	}
}

/*
 * When neither allocators nor scenarios are named, variants and tools are tried in one scenario
 * only. That bounds the table, and most hangs under fork() show up there.
 */
static bool is_left_out(const struct options *options, const struct catalogue *catalogue,
	const struct cell_plan *cell)
{
	const struct name_list *named = &options->alloc, *scenarios = &options->scenario;
	bool everything = options->variants_in_basic && options->effort != EFFORT_THOROUGH &&
			  !named->all && !named->count && !scenarios->all && !scenarios->count;
	return everything && strcmp(cell->scenario, "basic") != 0 &&
	       catalogue_find(catalogue, cell->allocator)->kind != ALLOCATOR_REAL;
}

/* Adds the cells of one table row. */
static void add_row(struct plan_list *list, const struct options *options,
	const struct catalogue *catalogue, const struct selection *scenarios,
	const struct cell_plan *row)
{
	for (size_t s = 0; s < scenarios->count * options->modes; s++) {
		struct cell_plan *cell = &list->cell[list->cells++];
		*cell = *row;
		cell->scenario = scenarios->name[s / options->modes];
		cell->mode = options->mode[s % options->modes];
		if (is_left_out(options, catalogue, cell))
			list->cells--;
		else
			fill_cell(cell, options, catalogue, list);
	}
}

static int fill_list(struct plan_list *list, const struct options *options,
	const struct catalogue *catalogue, const struct selection *allocators,
	const struct selection *scenarios)
{
	size_t rows = options->methods * allocators->count * options->mitigations;
	list->cell = calloc(rows * scenarios->count * options->modes + 1, sizeof(*list->cell));
	if (!list->cell)
		return -ENOMEM;
	write_repro_options(list, options);
	for (size_t m = 0; m < options->methods; m++)
		for (size_t a = 0; a < allocators->count; a++)
			for (size_t c = 0; c < options->mitigations; c++) {
				const struct cell_plan row = {
					.method = options->method[m],
					.allocator = allocators->name[a],
					.mitigation = options->mitigation[c],
				};
				add_row(list, options, catalogue, scenarios, &row);
			}
	return 0;
}

int plan_make(struct plan_list *list, const struct options *options,
	const struct catalogue *catalogue, char *error, size_t size)
{
	*list = (struct plan_list){0};
	struct selection allocators = {
		.name = calloc(catalogue->allocators + OPTIONS_NAMES_MAX, sizeof(char *))};
	struct selection scenarios = {.name = calloc(SHM_SCENARIOS_MAX * 2, sizeof(char *))};
	int result = allocators.name && scenarios.name ? 0 : -ENOMEM;
	if (!result)
		result = select_allocators(&allocators, options, catalogue, error, size);
	if (!result)
		result = select_scenarios(&scenarios, options, catalogue, error, size);
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
