#include "command_runners.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int command_choose_allocators(struct chosen_allocators *chosen, const struct options *options,
	const struct catalogue *catalogue, bool variants, char *error, size_t size)
{
	chosen->count = 0;
	chosen->allocator = calloc(
		catalogue->allocators + OPTIONS_NAMES_MAX, sizeof(struct catalogue_allocator *));
	if (!chosen->allocator) {
		snprintf(error, size, "no memory");
		return -ENOMEM;
	}
	int status = plan_allocators(
		&options->alloc, catalogue, chosen->allocator, &chosen->count, error, size);
	if (status == 0 && !variants)
		chosen->count =
			plan_without_variants(&options->alloc, chosen->allocator, chosen->count);
	for (size_t i = 0; status == 0 && i < chosen->count; i++)
		if (!catalogue_runner_matches(chosen->allocator[i], error, size))
			status = -EINVAL;
	return status;
}

bool command_runners_match(
	const struct catalogue *catalogue, const struct plan_list *list, char *error, size_t size)
{
	for (size_t i = 0; i < list->cells; i++) {
		bool seen = false;
		for (size_t j = 0; j < i && !seen; j++)
			seen = strcmp(list->cell[j].allocator, list->cell[i].allocator) == 0;
		if (!seen &&
			!catalogue_runner_matches(
				catalogue_find(catalogue, list->cell[i].allocator), error, size))
			return false;
	}
	return true;
}
