/*
 * What to run: the cells that the options ask for, in order, each with its own seed. The same
 * options give the same plan, and the seed of a cell does not depend on the other cells. Pure.
 */
#pragma once

#include "catalogue.h"
#include "cell_plan.h"
#include "options.h"

#include <stddef.h>

enum { PLAN_REPRO_MAX = 128 };

struct plan_list {
	size_t cells;
	struct cell_plan *cell; /* by method, allocator, mitigation, scenario, mode */
	/* What `repro_options` of the cells points to. */
	char repro_options[MITIGATION_COUNT][PLAN_REPRO_MAX]; /* of random trials, */
	char sweep_options[MITIGATION_COUNT][PLAN_REPRO_MAX]; /* and of sweeps */
};

/*
 * Makes the plan. 0, or -EINVAL with one sentence for the user in error[size]: an unknown name (and
 * the nearest known one), or an allocator that is not built. Release with plan_free(). The cells
 * point into catalogue, options and list, which must outlive them.
 */
int plan_make(struct plan_list *list, const struct options *options,
	const struct catalogue *catalogue, char *error, size_t size);
void plan_free(struct plan_list *list);

/*
 * Whether each name of --alloc and --scenario is in the catalogue, built or not. 0, or -EINVAL with
 * one sentence for the user in error[size].
 */
int plan_check_names(
	const struct options *options, const struct catalogue *catalogue, char *error, size_t size);

/*
 * The allocators that a list names, in its order; allocators[] has room for those of the catalogue
 * and OPTIONS_NAMES_MAX more. Without names: the preloaded ones and the baseline; if none was
 * preloaded, or for "all": all that are built, with teaching ones. 0 with their number in *count,
 * or -EINVAL with one sentence for the user in error[size].
 */
int plan_allocators(const struct name_list *list, const struct catalogue *catalogue,
	const struct catalogue_allocator **allocators, size_t *count, char *error, size_t size);

/*
 * The default selection of a cost comparison: drops teaching allocators, debugging builds, tools
 * and variants from the list, unless the options ask for all. Returns how many remain.
 */
size_t plan_without_variants(
	const struct name_list *list, const struct catalogue_allocator **allocators, size_t count);

/* The seed of one cell: a hash of the run's seed and the cell's three names (FNV-1a, 64 bit). */
uint64_t plan_seed(uint64_t seed, const char *allocator, const char *scenario, const char *method);
