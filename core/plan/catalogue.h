/*
 * What was built: the catalogue that CMake writes beside the runners (allocators, built or not, and
 * why not), and the scenarios that the runners list.
 */
#pragma once

#include "cell_plan.h"
#include "model.h"
#include "runner_session.h"
#include "shm.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	CATALOGUE_PATH_MAX = 512,
	CATALOGUE_ENV_MAX = 8,
	RUNNER_DESCRIBE_TIMEOUT_MS = 10 * 1000, /* for a runner in MODE_DESCRIBE */
};

enum allocator_kind {
	ALLOCATOR_REAL,     /* programs choose among these: the rows of the default table */
	ALLOCATOR_VARIANT,  /* another version or form of linking of a real one */
	ALLOCATOR_TOOL,     /* a debugging allocator, a sanitizer, valgrind */
	ALLOCATOR_TEACHING, /* a known answer */
	ALLOCATOR_KINDS
};

struct catalogue_allocator {
	char name[MODEL_NAME_MAX];
	enum link_kind link;
	enum allocator_kind kind;
	char summary[MODEL_TEXT_MAX];
	char package[MODEL_NAME_MAX]; /* the Debian package that contains it, or "" */
	bool built;
	char why[MODEL_TEXT_MAX];        /* when not built */
	char runner[CATALOGUE_PATH_MAX]; /* path of its runner */
	/* Added to the environment of its runner: NAME=VALUE, for free(), NULL at the end. */
	char *env[CATALOGUE_ENV_MAX + 1];
	uint64_t memory_bytes;        /* see struct runner_limits; 0: the default */
	char checker[MODEL_NAME_MAX]; /* the tool whose reports are collected, or "" */
	char unswept[MODEL_TEXT_MAX]; /* why it cannot be stepped, or "" */
	/* The allocator of which this is a differently linked variant, or "". */
	char variant_of[MODEL_NAME_MAX];

	/* Only if added by --preload: */
	bool preloaded;
	struct plan_object object;
	char preload_options[MODEL_TEXT_MAX]; /* the options that add it again, " --preload ..." */
};

struct catalogue_scenario {
	char name[SHM_NAME_MAX], summary[SHM_TEXT_MAX];
	bool long_sweep; /* its sweep takes long */
	bool optional;   /* not in the default table */

	/* Only of a file that --scenario names: */
	char file[SHM_PATH_MAX];         /* the shared object; "": built into the runners */
	char argument[4 * SHM_PATH_MAX]; /* the path that was given, absolute and quoted */
	struct scenario_failure failure;
};

struct catalogue {
	char directory[CATALOGUE_PATH_MAX]; /* of the runners */
	/* The catalogue turns these off, for forklab's tests: controls, and a store without
	 * --store. */
	bool no_controls, no_store;
	size_t allocators;
	struct catalogue_allocator *allocator; /* sorted by name; preloaded ones at the end */
	size_t scenarios;
	/* Sorted by name; those in files at the end. */
	struct catalogue_scenario scenario[SHM_SCENARIOS_MAX];
};

/*
 * Reads the catalogue in `directory` or, if that is NULL, in libexec/forklab beside the directory
 * of the running program, and asks a built runner for its scenarios. 0, or -errno with one sentence
 * for the user in error[size]: -EIO if somebody killed that runner. Release with catalogue_free().
 */
int catalogue_load(struct catalogue *catalogue, const char *directory, char *error, size_t size);
void catalogue_free(struct catalogue *catalogue);

/* Limits the memory of all runners, see struct runner_limits; 0: the default. */
void catalogue_limit_memory(struct catalogue *catalogue, uint64_t memory_bytes);
/* glibc if it is built, else any allocator that is; NULL: none. */
const struct catalogue_allocator *catalogue_any_built(const struct catalogue *catalogue);

/* The entry of that name, or NULL. */
const struct catalogue_allocator *catalogue_find(
	const struct catalogue *catalogue, const char *name);
const struct catalogue_scenario *catalogue_find_scenario(
	const struct catalogue *catalogue, const char *name);

/* Its `env` as struct runner_limits takes it; lives as long as the catalogue. */
static inline const char *const *catalogue_env(const struct catalogue_allocator *allocator)
{
	return (const char *const *)allocator->env;
}

/* The object that malloc must lie in, or NULL: the runner's own. */
static inline const struct plan_object *catalogue_object(
	const struct catalogue_allocator *allocator)
{
	return allocator->preloaded ? &allocator->object : NULL;
}

/* Prepares a session for the allocator's runner. The caller sets what is particular to the mode. */
void catalogue_session_init(struct runner_session *session,
	const struct catalogue_allocator *allocator, enum run_mode mode);

/*
 * Has the allocator's runner prove its identity and describe itself, and waits for it to exit, at
 * most 10 s. 0 with its wait status in *status and its shared page in session->runner.shm; -errno
 * of runner_session_start() or runner_session_wait(). In any case the caller ends the session.
 */
int catalogue_describe(
	const struct catalogue_allocator *allocator, struct runner_session *session, int *status);

/*
 * True when the runner of `allocator` exists and is of this build. If not, one sentence for the
 * user in error[size].
 */
bool catalogue_runner_matches(
	const struct catalogue_allocator *allocator, char *error, size_t size);
