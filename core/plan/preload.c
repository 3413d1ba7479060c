#include "preload.h"

#include "shared_object.h"
#include "shell_quote.h"
#include "shm_map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The loader splits LD_PRELOAD at blanks and colons, and expands what begins with '$'. */
#define LD_PRELOAD_UNSAFE " \t\n:$"

struct preload_request {
	const struct preload_option *option;
	const struct catalogue *catalogue;
	struct catalogue_allocator *to;
	char *error;
	size_t size;
};

/* ---- Names ---- */

static void name_from_path(char name[SHM_NAME_MAX], const char *path)
{
	static const char room[] = "-preload-16";
	const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
	const char *from =
		strncmp(file, "lib", 3) == 0 && file[3] && file[3] != '.' ? file + 3 : file;
	const char *end = strstr(from, ".so");
	size_t length = end && end != from ? (size_t)(end - from) : strlen(from);
	if (length > SHM_NAME_MAX - sizeof(room))
		length = SHM_NAME_MAX - sizeof(room);
	for (size_t i = 0; i < length; i++) {
		bool plain = (from[i] >= 'a' && from[i] <= 'z') ||
			     (from[i] >= 'A' && from[i] <= 'Z') ||
			     (from[i] >= '0' && from[i] <= '9') || strchr("._+", from[i]);
		name[i] = (char)(plain ? from[i] : '-');
	}
	name[length] = '\0';
	if (name[0] == '-')
		name[0] = '_';
}

void preload_name(char name[SHM_NAME_MAX], const struct catalogue *catalogue, const char *path)
{
	char base[SHM_NAME_MAX];
	name_from_path(base, path);
	snprintf(name, SHM_NAME_MAX, "%s", base);
	if (strcmp(name, "all") == 0 || catalogue_find(catalogue, name))
		snprintf(name, SHM_NAME_MAX, "%.20s-preload", base);
	for (unsigned i = 2; catalogue_find(catalogue, name); i++)
		snprintf(name, SHM_NAME_MAX, "%.20s-preload-%u", base, i);
}

static int choose_name(const struct preload_request *r, const char *path)
{
	char name[SHM_NAME_MAX];
	const char *wanted = r->option->name;
	if (wanted && catalogue_find(r->catalogue, wanted)) {
		snprintf(r->error, r->size,
			"--name %s: there is an allocator of that name already; choose another "
			"('forklab list' shows the known ones)",
			wanted);
		return -EEXIST;
	}
	if (!wanted)
		preload_name(name, r->catalogue, path);
	snprintf(r->to->name, sizeof(r->to->name), "%s", wanted ? wanted : name);
	return 0;
}

/* ---- Where it is ---- */

/* Finds "\tlibx.so.2 => /usr/lib/libx.so.2 (0x00007f...)" in the lines of `trace`. */
static bool parse_loader_trace(const char *trace, const char *soname, char *path, size_t size)
{
	char wanted[SHM_PATH_MAX];
	snprintf(wanted, sizeof(wanted), "\t%s => ", soname);
	const char *at = strstr(trace, wanted);
	const char *from = at ? at + strlen(wanted) : "", *end = strstr(from, " (0x");
	if (!end || from[0] != '/' || (size_t)(end - from) >= size)
		return false;
	snprintf(path, size, "%.*s", (int)(end - from), from);
	return true;
}

/*
 * Asks the runner's loader, which knows all its search paths: with LD_TRACE_LOADED_OBJECTS it lists
 * what it would load and runs nothing.
 */
static int ask_loader(const struct preload_request *r, char *path, size_t size)
{
	char preload[SHM_PATH_MAX], trace[4096];
	const char *const env[] = {"LD_TRACE_LOADED_OBJECTS=1", preload, NULL};
	struct runner_session session = {.program = r->to->runner, .limits = {.env = env}};
	int status = 0;
	snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", r->option->path);
	int error = runner_session_start(&session);
	if (!error)
		error = runner_session_wait(&session, RUNNER_DESCRIBE_TIMEOUT_MS, true, &status);
	ssize_t got = error ? 0 : pread(session.runner.output, trace, sizeof(trace) - 1, 0);
	trace[got > 0 ? got : 0] = '\0';
	runner_session_end(&session);
	if (error)
		snprintf(r->error, r->size, "the runner for preloads cannot be started: %s: %s",
			r->to->runner, strerror(-error));
	else if (!parse_loader_trace(trace, r->option->path, path, size)) {
		error = -ENOENT;
		snprintf(r->error, r->size,
			"cannot preload %s: the loader finds no such library%s%s", r->option->path,
			access(r->option->path, F_OK) == 0 ? "; for the file of that name write ./"
							   : "; give the path of its file",
			access(r->option->path, F_OK) == 0 ? r->option->path : "");
	}
	return error;
}

/* Symbolic links are not resolved: they may be there to keep a blank out of the path. */
static int make_absolute(const struct preload_request *r, char *path, size_t size)
{
	char directory[SHM_PATH_MAX] = "";
	const char *given = r->option->path;
	if (given[0] != '/' && !getcwd(directory, sizeof(directory))) {
		snprintf(r->error, r->size,
			"cannot preload %s: the path of this program cannot be read: %s", given,
			strerror(errno));
		return -EINVAL;
	}
	while (strncmp(given, "./", 2) == 0)
		given += 2;
	int used = snprintf(path, size, "%s%s%s", directory, given[0] == '/' ? "" : "/", given);
	if (used < 0 || (size_t)used >= size) {
		snprintf(r->error, r->size,
			"cannot preload %.60s...: its path has more than %zu letters; make a "
			"symbolic link to it",
			given, size - 1);
		return -ENAMETOOLONG;
	}
	return 0;
}

static int find_file(const struct preload_request *r, char path[SHM_PATH_MAX])
{
	const char *given = r->option->path;
	bool soname = !strchr(given, '/');
	int error = 0;
	path[0] = '\0';
	if (soname && strlen(given) > SHM_PATH_MAX / 2) {
		snprintf(r->error, r->size, "cannot preload %.60s...: that is no soname", given);
		return -ENAMETOOLONG;
	}
	if (!soname)
		error = make_absolute(r, path, SHM_PATH_MAX);
	if (!error && strpbrk(soname ? given : path, LD_PRELOAD_UNSAFE)) {
		snprintf(r->error, r->size,
			"cannot preload %s: the loader takes no path with a blank, ':' or '$' in "
			"it; make a symbolic link to it",
			soname ? given : path);
		error = -EINVAL;
	}
	return error || !soname ? error : ask_loader(r, path, SHM_PATH_MAX);
}

/* ---- Does it load? ---- */

static void identity_error(
	const struct preload_request *r, const struct runner_process *runner, const char *path)
{
	char why[SHM_TEXT_MAX], words[MODEL_TEXT_MAX];
	const struct identity *identity = &runner->shm->identity;
	ascii_sanitize(why, sizeof(why), identity->why, sizeof(identity->why));
	runner_process_output(runner, 0, UINT64_MAX, words, sizeof(words));
	snprintf(r->error, r->size, "cannot preload %s: in the process that has loaded it %s%s%s",
		path, why, words[0] ? "; the loader says: " : "", words);
}

/* It exited before it could prove its identity. */
static void exit_error(const struct preload_request *r, const struct runner_process *runner,
	const char *path, int status)
{
	char words[MODEL_TEXT_MAX], how[64];
	runner_process_output(runner, 0, UINT64_MAX, words, sizeof(words));
	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "dies of SIG%s",
			sigabbrev_np(WTERMSIG(status)) ? sigabbrev_np(WTERMSIG(status)) : "?");
	else
		snprintf(how, sizeof(how), "ends with exit status %d", WEXITSTATUS(status));
	snprintf(r->error, r->size, "cannot preload %s: the process that loads it %s%s%s", path,
		how, words[0] ? " and says: " : " and says nothing", words);
}

/* Starts it once with the object, before anything is measured. */
static int check_loads(const struct preload_request *r)
{
	struct runner_session session;
	int status = 0, error = catalogue_describe(r->to, &session, &status);
	const char *path = r->to->object.path;
	uint32_t state = session.runner.shm ? atomic_load(&session.runner.shm->identity.state) : 0;
	if (error == -ETIMEDOUT)
		snprintf(r->error, r->size,
			"cannot preload %s: the process that loads it hangs before its main()",
			path);
	else if (error)
		snprintf(r->error, r->size, "the runner for preloads cannot be started: %s: %s",
			r->to->runner, strerror(-error));
	else if (WIFEXITED(status) && WEXITSTATUS(status) == RUNNER_NO_SHM) {
		snprintf(r->error, r->size,
			"the runner for preloads is of another build of forklab; build both "
			"together");
		error = -EPROTO;
	} else if (state == IDENTITY_MISMATCH) {
		identity_error(r, &session.runner, path);
		error = -EINVAL;
	} else if (state != IDENTITY_PROVEN || status != 0) {
		exit_error(r, &session.runner, path, status);
		error = -EINVAL;
	}
	runner_session_end(&session);
	return error;
}

/* ---- The catalogue's entry ---- */

static int fill_entry(const struct preload_request *r)
{
	char quoted[2 * SHM_PATH_MAX];
	struct catalogue_allocator *to = r->to;
	shell_quote(quoted, sizeof(quoted), to->object.path);
	to->link = LINK_PRELOAD;
	snprintf(to->summary, sizeof(to->summary), "%s", to->object.path);
	snprintf(to->preload_options, sizeof(to->preload_options), " --preload %s --name %s",
		quoted, to->name);
	to->preloaded = to->built = true;
	if (asprintf(&to->env[0], "LD_PRELOAD=%s", to->object.path) >= 0)
		return 0;
	to->env[0] = NULL;
	snprintf(r->error, r->size, "no memory");
	return -ENOMEM;
}

static int add_one(const struct preload_request *r)
{
	char path[SHM_PATH_MAX];
	int error = find_file(r, path);
	if (!error)
		error = shared_object_check(path, &r->to->object, r->error, r->size);
	if (!error)
		error = choose_name(r, path);
	if (!error)
		error = fill_entry(r);
	return error ? error : check_loads(r);
}

/*
 * A preloaded object is called jemalloc-preload beside jemalloc, even if the build has a preloaded
 * row of its own, which is renamed.
 */
static void rename_built_preloads(struct catalogue *catalogue)
{
	for (size_t i = 0; i < catalogue->allocators; i++) {
		struct catalogue_allocator *a = &catalogue->allocator[i];
		size_t length = strlen(a->name);
		if (a->variant_of[0] && a->link == LINK_PRELOAD)
			snprintf(a->name + length, sizeof(a->name) - length, "-built");
	}
}

int preload_add(
	struct catalogue *catalogue, const struct options *options, char *error, size_t size)
{
	size_t room = catalogue->allocators + options->preloads;
	if (!options->preloads)
		return 0;
	struct catalogue_allocator *all =
		reallocarray(catalogue->allocator, room, sizeof(*catalogue->allocator));
	if (!all) {
		snprintf(error, size, "no memory");
		return -ENOMEM;
	}
	catalogue->allocator = all;
	rename_built_preloads(catalogue);
	for (size_t i = 0; i < options->preloads; i++) {
		struct catalogue_allocator *to = &all[catalogue->allocators];
		const struct preload_request preload_request = {
			&options->preload[i], catalogue, to, error, size};
		*to = (struct catalogue_allocator){0};
		snprintf(to->runner, sizeof(to->runner), "%s/forklab-run-preload",
			catalogue->directory);
		int result = add_one(&preload_request);
		if (result) {
			free(to->env[0]);
			return result;
		}
		catalogue->allocators++;
	}
	return 0;
}
