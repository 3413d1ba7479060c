/*
 * What will be run: the cells that the options ask for, in their order, each with a seed of its
 * own. The same options give the same plan, and a cell's seed does not depend on which other cells
 * there are. Pure.
 */
#ifndef FORKLAB_PLAN_H
#define FORKLAB_PLAN_H

#include "catalogue.h"
#include "cell_plan.h"
#include "options.h"

#include <stddef.h>

struct plan_list {
	size_t cells;
	struct cell_plan *cell; /* by method, allocator, cure, scenario, mode */
	char repro_options[MITIGATION_COUNT]
			  [MODEL_NAME_MAX]; /* what the cells' `repeat` points to */
};

/*
 * Builds the plan. 0, or -EINVAL with one sentence for the user in error[size]: an unknown name
 * (and the nearest known one), an allocator that is not built. Release with plan_free(). The cells
 * point into catalogue, options and list; all must outlive them.
 */
int plan_make(struct plan_list *list, const struct options *options,
	const struct catalogue *catalogue, char *error, size_t size);
void plan_free(struct plan_list *list);

/*
 * The allocators that a list names, in its order; allocators[] has room for all of the
 * catalogue's and OPTIONS_NAMES_MAX more. Without names, those that were preloaded and the
 * baseline; if none was, or for "all", those that are built, teaching ones included. 0 and their
 * number in *count, or -EINVAL with one sentence for the user in error[size].
 */
int plan_allocators(const struct name_list *list, const struct catalogue *catalogue,
	const struct catalogue_allocator **allocators, size_t *count, char *error, size_t size);

/*
 * What a comparison of costs is about where none is named: takes the teaching allocators, the
 * debugging forms, tools and other ways of linking out of such a list, unless the options ask for
 * all. The number that stays.
 */
size_t plan_without_variants(
	const struct name_list *list, const struct catalogue_allocator **allocators, size_t count);

/* The seed of one cell: a hash of the run's seed and the cell's three names (FNV-1a, 64 bit). */
uint64_t plan_seed(uint64_t seed, const char *allocator, const char *scenario, const char *method);

#endif
