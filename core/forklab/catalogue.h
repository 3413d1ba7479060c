/*
 * What was built: the catalogue that CMake writes beside the runners (allocators, built or not, and
 * why not), and what the runners say of themselves (scenarios).
 */
#ifndef FORKLAB_CATALOGUE_H
#define FORKLAB_CATALOGUE_H

#include "model.h"
#include "page.h"

#include <stdbool.h>
#include <stddef.h>

enum { CATALOGUE_PATH_MAX = 512 };

struct catalogue_allocator {
	char name[MODEL_NAME_MAX], link[MODEL_NAME_MAX];
	bool teaching; /* a known answer, not a real allocator */
	char summary[MODEL_TEXT_MAX];
	char package[MODEL_NAME_MAX]; /* the Debian package that brings it, or "" */
	bool built;
	char why[MODEL_TEXT_MAX];        /* when not built */
	char runner[CATALOGUE_PATH_MAX]; /* path of its runner */
};

struct catalogue_scenario {
	char name[PAGE_NAME_MAX], summary[PAGE_TEXT_MAX];
	bool long_sweep; /* its sweep takes long */
};

struct catalogue {
	size_t allocators;
	struct catalogue_allocator *allocator; /* sorted by name */
	size_t scenarios;
	struct catalogue_scenario scenario[PAGE_SCENARIOS_MAX]; /* sorted by name */
};

/*
 * Reads the catalogue in `directory`, or, if that is NULL, in libexec/forklab beside the directory
 * of the running program; asks the first runner that is built for its scenarios. 0, or -errno with
 * one sentence for the user in error[size]. Release with catalogue_free().
 */
int catalogue_load(struct catalogue *catalogue, const char *directory, char *error, size_t size);
void catalogue_free(struct catalogue *catalogue);

/* The entry of that name, or NULL. */
const struct catalogue_allocator *catalogue_find(
	const struct catalogue *catalogue, const char *name);
bool catalogue_has_scenario(const struct catalogue *catalogue, const char *name);

/* Whether a sweep of that scenario takes long. */
bool catalogue_long_sweep(const struct catalogue *catalogue, const char *name);

/*
 * True when the runner of `allocator` is there and of this build. If not, one sentence for the user
 * in error[size].
 */
bool catalogue_runner_fits(const struct catalogue_allocator *allocator, char *error, size_t size);

#endif
