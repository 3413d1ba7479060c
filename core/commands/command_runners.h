/* The runners that a command is about to start. */
#pragma once

#include "catalogue.h"
#include "options.h"
#include "plan.h"

/* The allocators of a command that makes no plan. All zero: none. */
struct chosen_allocators {
	const struct catalogue_allocator **allocator;
	size_t count;
};

/*
 * The allocators that --alloc names; `variants`: without names also the teaching, debugging and
 * variant ones, see plan_without_variants(). Their runners exist and are of this build.
 *
 * Returns 0, or -errno with a sentence in error[size]. Release with free(chosen->allocator) in any
 * case.
 */
int command_choose_allocators(struct chosen_allocators *chosen, const struct options *options,
	const struct catalogue *catalogue, bool variants, char *error, size_t size);

/*
 * Whether the runner of each of the plan's allocators exists and is of this build: asked before
 * anything is measured, once per allocator. If not, a sentence is in error[size].
 */
bool command_runners_match(
	const struct catalogue *catalogue, const struct plan_list *list, char *error, size_t size);
