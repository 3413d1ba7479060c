#include "catalogue.h"

#include "shm_map.h"

#include <errno.h>
#include <jansson.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- The file ---- */

static int default_directory(char *path, size_t size)
{
	char program[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	if (length < 0)
		return -errno;
	program[length] = '\0';
	snprintf(path, size, "%s/../libexec/forklab", dirname(program));
	return 0;
}

static void parse_text(const json_t *object, const char *key, char *to, size_t size)
{
	const char *text = json_string_value(json_object_get(object, key));
	snprintf(to, size, "%s", text ? text : "");
}

/* 0, -ENOMEM, or -EPROTO: too many entries, or not text, come from another build. */
static int parse_environment(const json_t *object, struct catalogue_allocator *a)
{
	const json_t *list = json_object_get(object, "environment");
	size_t count = json_array_size(list);
	if (count > CATALOGUE_ENV_MAX)
		return -EPROTO;
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(list, i));
		if (!text)
			return -EPROTO;
		a->env[i] = strdup(text);
		if (!a->env[i])
			return -ENOMEM;
	}
	return 0;
}

/* What cmake/allocator.cmake calls them. A fault of the tests is a real one. */
static enum allocator_kind kind_from_name(const char *name)
{
	static const struct {
		const char *name;
		enum allocator_kind kind;
	} kinds[] = {{"version", ALLOCATOR_VARIANT}, {"variant", ALLOCATOR_VARIANT},
		{"tool", ALLOCATOR_TOOL}, {"teaching", ALLOCATOR_TEACHING}};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return kinds[i].kind;
	return ALLOCATOR_REAL;
}

static int parse_allocator(
	const json_t *object, const char *directory, struct catalogue_allocator *a)
{
	char kind[MODEL_NAME_MAX], link[MODEL_NAME_MAX];
	parse_text(object, "name", a->name, sizeof(a->name));
	parse_text(object, "link", link, sizeof(link));
	parse_text(object, "kind", kind, sizeof(kind));
	parse_text(object, "summary", a->summary, sizeof(a->summary));
	parse_text(object, "package", a->package, sizeof(a->package));
	parse_text(object, "why", a->why, sizeof(a->why));
	parse_text(object, "variant_of", a->variant_of, sizeof(a->variant_of));
	parse_text(object, "reports", a->checker, sizeof(a->checker));
	parse_text(object, "unswept", a->unswept, sizeof(a->unswept));
	a->link = link_kind_from_name(link);
	a->kind = kind_from_name(kind);
	a->built = json_is_true(json_object_get(object, "built"));
	snprintf(a->runner, sizeof(a->runner), "%s/forklab-run-%s", directory, a->name);
	return parse_environment(object, a);
}

static int parse_allocators(struct catalogue *catalogue, const json_t *root, const char *directory)
{
	const json_t *list = json_object_get(root, "allocators");
	size_t count = json_array_size(list);
	catalogue->allocator = calloc(count + 1, sizeof(*catalogue->allocator));
	if (!catalogue->allocator)
		return -ENOMEM;
	int result = count ? 0 : -EPROTO;
	catalogue->allocators = count;
	for (size_t i = 0; i < count && !result; i++)
		result = parse_allocator(
			json_array_get(list, i), directory, &catalogue->allocator[i]);
	return result;
}

static int load_file(struct catalogue *catalogue, const char *directory, char *error, size_t size)
{
	char path[CATALOGUE_PATH_MAX];
	json_error_t where;
	snprintf(path, sizeof(path), "%s/catalogue.json", directory);
	json_t *root = json_load_file(path, 0, &where);
	if (!root) {
		snprintf(error, size,
			"no runners: %s: %s; build forklab first, or name their directory with "
			"--runners",
			path, where.text);
		return -ENOENT;
	}
	int result = parse_allocators(catalogue, root, directory);
	catalogue->no_controls = json_is_false(json_object_get(root, "controls"));
	catalogue->no_store = json_is_false(json_object_get(root, "store"));
	const char *contract = json_string_value(json_object_get(root, "contract"));
	if (!result && (!contract || strcmp(contract, FORKLAB_CONTRACT) != 0))
		result = -EPROTO;
	if (result)
		snprintf(error, size, "%s is of another build of forklab; build both together",
			path);
	json_decref(root);
	return result;
}

/* ---- The runners ---- */

void catalogue_session_init(struct runner_session *session,
	const struct catalogue_allocator *allocator, enum run_mode mode)
{
	*session = (struct runner_session){
		.program = allocator->runner,
		.limits = {.env = catalogue_env(allocator),
			.memory_bytes = allocator->memory_bytes},
		.plan = {.mode = mode},
	};
	if (allocator->preloaded)
		session->plan.object = allocator->object;
}

/*
 * A constructor may hang, so there is a timeout. Only with a foreign object does an interrupt
 * count: a built runner is done soon, and an interrupted run still reports what it has measured.
 */
int catalogue_describe(
	const struct catalogue_allocator *allocator, struct runner_session *session, int *status)
{
	catalogue_session_init(session, allocator, MODE_DESCRIBE);
	int error = runner_session_start(session);
	return error ? error
		     : runner_session_wait(
			       session, RUNNER_DESCRIBE_TIMEOUT_MS, allocator->preloaded, status);
}

/* From what catalogue_describe() returned; if false, with a sentence for the user. */
static bool is_runner_of_this_build(const struct catalogue_allocator *allocator, int failed,
	int status, char *error, size_t size)
{
	bool other = !failed && WIFEXITED(status) && WEXITSTATUS(status) == RUNNER_NO_SHM;
	if (failed == -ENOENT)
		snprintf(error, size, "the runner of %s is missing: %s; build it again",
			allocator->name, allocator->runner);
	else if (failed)
		snprintf(error, size, "the runner of %s cannot be started: %s: %s", allocator->name,
			allocator->runner, strerror(-failed));
	else if (other)
		snprintf(error, size,
			"the runner of %s is of another build of forklab; build both together",
			allocator->name);
	return !failed && !other;
}

bool catalogue_runner_matches(const struct catalogue_allocator *allocator, char *error, size_t size)
{
	struct runner_session session;
	int status = 0, failed = catalogue_describe(allocator, &session, &status);
	bool matches = is_runner_of_this_build(allocator, failed, status, error, size);
	runner_session_end(&session);
	return matches;
}

static void read_scenarios(struct catalogue *catalogue, const struct shm *shm)
{
	uint32_t count = shm->identity.scenarios;
	for (uint32_t i = 0; i < count && i < SHM_SCENARIOS_MAX; i++) {
		struct catalogue_scenario *to = &catalogue->scenario[catalogue->scenarios++];
		ascii_sanitize(to->name, sizeof(to->name), shm->scenario[i].name, SHM_NAME_MAX);
		ascii_sanitize(
			to->summary, sizeof(to->summary), shm->scenario[i].summary, SHM_TEXT_MAX);
		to->long_sweep = shm->scenario[i].long_sweep != 0;
		to->optional = shm->scenario[i].optional != 0;
	}
}

/* The baseline if it is built: it needs nothing at run time that might be missing. */
const struct catalogue_allocator *catalogue_any_built(const struct catalogue *catalogue)
{
	const struct catalogue_allocator *baseline = catalogue_find(catalogue, "glibc");
	if (baseline && baseline->built)
		return baseline;
	for (size_t i = 0; i < catalogue->allocators; i++)
		if (catalogue->allocator[i].built)
			return &catalogue->allocator[i];
	return NULL;
}

/* What the runner has told, given its wait status. 0, or -errno with a sentence for the user. */
static int take_scenarios(struct catalogue *catalogue, const struct runner_session *session,
	int status, char *error, size_t size)
{
	/* By somebody, or for lack of memory; a crash is its own doing. */
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
		snprintf(error, size, "the runner %s was killed while it told its scenarios",
			session->program);
		return -EIO;
	}
	read_scenarios(catalogue, session->runner.shm);
	if (catalogue->scenarios)
		return 0;
	snprintf(error, size, "the runner %s does not tell its scenarios", session->program);
	return -EPROTO;
}

/* All runners have the same scenarios. Any of them can list them, even under the wrong malloc. */
static int load_scenarios(struct catalogue *catalogue, char *error, size_t size)
{
	const struct catalogue_allocator *any = catalogue_any_built(catalogue);
	struct runner_session session;
	int status = 0;
	if (!any) {
		snprintf(error, size, "no runner is built; build forklab first");
		return -ENOENT;
	}
	int result = -ENOENT, failed = catalogue_describe(any, &session, &status);
	if (is_runner_of_this_build(any, failed, status, error, size))
		result = take_scenarios(catalogue, &session, status, error, size);
	runner_session_end(&session);
	return result;
}

int catalogue_load(struct catalogue *catalogue, const char *directory, char *error, size_t size)
{
	char path[CATALOGUE_PATH_MAX];
	*catalogue = (struct catalogue){0};
	int result = 0;
	if (directory)
		snprintf(path, sizeof(path), "%s", directory);
	else
		result = default_directory(path, sizeof(path));
	if (result) {
		snprintf(error, size, "the path of this program cannot be read: %s",
			strerror(-result));
		return result;
	}
	snprintf(catalogue->directory, sizeof(catalogue->directory), "%s", path);
	result = load_file(catalogue, path, error, size);
	if (!result)
		result = load_scenarios(catalogue, error, size);
	if (result)
		catalogue_free(catalogue);
	return result;
}

void catalogue_free(struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->allocators; i++)
		for (size_t j = 0; j < CATALOGUE_ENV_MAX; j++)
			free(catalogue->allocator[i].env[j]);
	free(catalogue->allocator);
	*catalogue = (struct catalogue){0};
}

void catalogue_limit_memory(struct catalogue *catalogue, uint64_t memory_bytes)
{
	for (size_t i = 0; i < catalogue->allocators; i++)
		catalogue->allocator[i].memory_bytes = memory_bytes;
}

const struct catalogue_allocator *catalogue_find(
	const struct catalogue *catalogue, const char *name)
{
	for (size_t i = 0; i < catalogue->allocators; i++)
		if (strcmp(catalogue->allocator[i].name, name) == 0)
			return &catalogue->allocator[i];
	return NULL;
}

const struct catalogue_scenario *catalogue_find_scenario(
	const struct catalogue *catalogue, const char *name)
{
	for (size_t i = 0; i < catalogue->scenarios; i++)
		if (strcmp(catalogue->scenario[i].name, name) == 0)
			return &catalogue->scenario[i];
	return NULL;
}
