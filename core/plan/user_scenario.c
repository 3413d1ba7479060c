#include "user_scenario.h"

#include "ascii.h"
#include "external_tool.h"
#include "shell_quote.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	COMPILE_TIMEOUT_MS = 120 * 1000,
	OBJECT_MAX = 256 << 20,  /* bytes */
	COMPILER_WORDS_MAX = 16, /* of $CC */
	LETTERS_SHOWN = 80,      /* of a path that is too long */
};

struct request {
	struct catalogue *catalogue;
	const struct scenario_file_option *option;
	struct catalogue_scenario *to;
	char *error;
	size_t size;
};

/* ---- The temporary directory ---- */

/*
 * Shared with the supervisor: it removes the directory when the supervised process was killed. ""
 * when there is none.
 */
static char (*shared_directory)[PATH_MAX];

void user_scenarios_init(void)
{
	void *map = mmap(NULL, sizeof(*shared_directory), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	shared_directory = map == MAP_FAILED ? NULL : map;
}

static const char *make_directory(void)
{
	static char own[PATH_MAX];
	const char *parent = getenv("TMPDIR");
	if (!shared_directory)
		shared_directory = &own;
	char *directory = *shared_directory, name[PATH_MAX];
	if (*directory)
		return directory;
	int length = snprintf(name, sizeof(name), "%s/forklab-scenario-XXXXXX",
		parent && *parent ? parent : "/tmp");
	if (length >= (int)sizeof(name) || !mkdtemp(name))
		return NULL;
	memcpy(directory, name, (size_t)length + 1);
	return directory;
}

/* It has no directories in it. */
void user_scenarios_remove(void)
{
	char *directory = shared_directory ? *shared_directory : NULL;
	DIR *files = directory && *directory ? opendir(directory) : NULL;
	for (struct dirent *entry; files && (entry = readdir(files));)
		(void)unlinkat(dirfd(files), entry->d_name, 0);
	if (files)
		closedir(files);
	if (directory && *directory)
		(void)rmdir(directory);
	if (directory)
		*directory = '\0';
}

/* ---- Paths ---- */

static int absolute_path(const struct request *r, char path[SHM_PATH_MAX])
{
	char directory[PATH_MAX] = "";
	const char *given = r->option->path;
	if (access(given, R_OK) != 0) {
		int error = -errno;
		snprintf(r->error, r->size, "--scenario %s: %s", given, strerror(-error));
		return error;
	}
	if (given[0] != '/' && !getcwd(directory, sizeof(directory))) {
		int error = -errno;
		snprintf(r->error, r->size, "--scenario %s: the working directory is not known: %s",
			given, strerror(-error));
		return error;
	}
	int used = snprintf(
		path, SHM_PATH_MAX, "%s%s%s", directory, given[0] == '/' ? "" : "/", given);
	if (used >= 0 && used < SHM_PATH_MAX)
		return 0;
	snprintf(r->error, r->size,
		"--scenario %.*s...: the whole path has more than %d letters; make a symbolic link "
		"to it",
		LETTERS_SHOWN, given, SHM_PATH_MAX - 1);
	return -ENAMETOOLONG;
}

/* The headers are installed beside the program: PREFIX/bin/forklab, PREFIX/include/forklab. */
static int find_headers(const struct request *r, char path[PATH_MAX])
{
	char program[PATH_MAX / 2], header[PATH_MAX + 16];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	program[length > 0 ? length : 0] = '\0';
	snprintf(path, PATH_MAX, "%s/../include/forklab", dirname(program));
	snprintf(header, sizeof(header), "%s/scenario.h", path);
	if (access(header, R_OK) == 0)
		return 0;
	snprintf(r->error, r->size,
		"cannot compile %s: %s is missing; install forklab with its headers, or give a "
		"shared object",
		r->option->path, header);
	return -ENOENT;
}

/* ---- Compiling ---- */

/* What scenarios/ is compiled with, without warnings beyond the compiler's own. */
static const char *const compile_options[] = {"-shared", "-fPIC", "-O2", "-g", "-pthread",
	"-D_GNU_SOURCE",
	/* At -O2 compilers delete a malloc whose block is only freed. */
	"-fno-builtin-malloc", "-fno-builtin-free", "-fno-builtin-calloc", "-fno-builtin-realloc",
	"-fno-builtin-aligned_alloc",
	/* The first access to another kind of thread-local variable allocates. */
	"-ftls-model=initial-exec", "-I"};
enum { COMPILE_OPTIONS = sizeof(compile_options) / sizeof(compile_options[0]) };
_Static_assert(COMPILER_WORDS_MAX + COMPILE_OPTIONS + 5 <= EXTERNAL_TOOL_ARGUMENTS_MAX,
	"the command has room");

/* The words of $CC, or "cc", into argv; returns how many. `text` holds them. */
static size_t compiler_words(const char **argv, char *text, size_t size)
{
	const char *given = getenv("CC");
	size_t count = 0;
	char *rest = NULL;
	snprintf(text, size, "%s", given ? given : "");
	for (char *word = strtok_r(text, " \t", &rest); word && count < COMPILER_WORDS_MAX;
		word = strtok_r(NULL, " \t", &rest))
		argv[count++] = word;
	if (count == 0)
		argv[count++] = "cc";
	return count;
}

static int run_compiler(
	const struct request *r, const char *headers, const char *directory, const char *object)
{
	struct external_tool tool = {
		.timeout_ms = COMPILE_TIMEOUT_MS, .output_max = OBJECT_MAX, .shows_errors = true};
	struct external_tool_output output;
	char compiler[512], temporary[PATH_MAX + 8], why[MODEL_TEXT_MAX];
	size_t count = compiler_words(tool.argv, compiler, sizeof(compiler));
	for (size_t i = 0; i < COMPILE_OPTIONS; i++)
		tool.argv[count++] = compile_options[i];
	tool.argv[count++] = headers;
	tool.argv[count++] = "-o";
	tool.argv[count++] = object;
	tool.argv[count++] = r->option->path;
	/* The compiler's own temporary files, too, are removed if it is killed. */
	snprintf(temporary, sizeof(temporary), "TMPDIR=%s", directory);
	tool.env = temporary;
	int error = external_tool_run(&tool, "", 0, &output, why, sizeof(why));
	external_tool_output_free(&output);
	if (error == -ENOENT)
		snprintf(r->error, r->size,
			"cannot compile %s: there is no C compiler '%s' here; set CC, or give a "
			"shared object",
			r->option->path, tool.argv[0]);
	else if (error)
		snprintf(r->error, r->size, "cannot compile %s: %s", r->option->path, why);
	return error;
}

static int compile(const struct request *r, char object[SHM_PATH_MAX])
{
	char headers[PATH_MAX];
	int error = find_headers(r, headers);
	if (error)
		return error;
	const char *directory = make_directory();
	int length =
		directory ? snprintf(object, SHM_PATH_MAX, "%s/%s.so", directory, r->option->name)
			  : SHM_PATH_MAX;
	if (length < SHM_PATH_MAX)
		return run_compiler(r, headers, directory, object);
	snprintf(r->error, r->size,
		"cannot compile %s: no temporary directory can be made (set TMPDIR to one with a "
		"short path)",
		r->option->path);
	return -ENOENT;
}

/* ---- Does it load? ---- */

static void refused(const struct request *r, const struct shm *shm)
{
	const char *path = r->option->path;
	char text[SHM_TEXT_MAX];
	ascii_sanitize(text, sizeof(text), shm->scenario_load_text, SHM_TEXT_MAX);
	switch ((enum scenario_load_error)shm->scenario_load_error) {
	case SCENARIO_ERROR_VERSION:
		snprintf(r->error, r->size,
			"cannot load %s: it was not compiled with the headers of this forklab; "
			"compile it again (or give its C source)",
			path);
		break;
	case SCENARIO_ERROR_SYMBOL:
		snprintf(r->error, r->size,
			"cannot load %s: it defines no 'const struct scenario %s', which the name "
			"of the file asks for",
			path, text);
		break;
	case SCENARIO_ERROR_NAME:
		snprintf(r->error, r->size,
			"cannot load %s: its descriptor has .name = \"%s\", not \"%s\" as the file",
			path, text, r->option->name);
		break;
	case SCENARIO_ERROR_MEMBERS:
		snprintf(r->error, r->size,
			"cannot load %s: its descriptor does not set .%s, which every scenario "
			"needs",
			path, text);
		break;
	default:
		snprintf(r->error, r->size, "cannot load %s: %s", path, text);
		break;
	}
}

/* The process ended, or hangs, while it ran the object's constructors. */
static void note_failure(
	const struct request *r, const struct runner_session *session, int error, int status)
{
	struct scenario_failure *failure = &r->to->failure;
	bool exited = error == 0 && WIFEXITED(status);
	failure->cause = error ? CAUSE_SCENARIO_HANGS
			       : (exited ? CAUSE_SCENARIO_EXITED : CAUSE_SCENARIO_CRASHED);
	failure->exit_status = exited ? WEXITSTATUS(status) : 0;
	failure->signal = error == 0 && !exited ? WTERMSIG(status) : 0;
	runner_process_output(
		&session->runner, 0, UINT64_MAX, failure->output, sizeof(failure->output));
}

static void read_description(const struct request *r, const struct shm *shm)
{
	if (shm->identity.scenarios != 1)
		return;
	ascii_sanitize(
		r->to->summary, sizeof(r->to->summary), shm->scenario[0].summary, SHM_TEXT_MAX);
	r->to->long_sweep = shm->scenario[0].long_sweep != 0;
	r->to->optional = shm->scenario[0].optional != 0;
}

static int check_loads(const struct request *r)
{
	const struct catalogue_allocator *any = catalogue_any_built(r->catalogue);
	struct runner_session session;
	int status = 0;
	catalogue_session_init(&session, any, MODE_DESCRIBE);
	snprintf(session.plan.scenario, sizeof(session.plan.scenario), "%s", r->to->name);
	snprintf(session.plan.scenario_file, sizeof(session.plan.scenario_file), "%s", r->to->file);
	int error = runner_session_start(&session);
	if (!error)
		error = runner_session_wait(&session, RUNNER_DESCRIBE_TIMEOUT_MS, true, &status);
	const struct shm *shm = session.runner.shm;
	uint32_t state = shm ? atomic_load(&shm->scenario_load) : SCENARIO_BUILT_IN;
	int result = 0;
	if (state == SCENARIO_REFUSED) {
		refused(r, shm);
		result = -EINVAL;
	} else if (state == SCENARIO_LOADING && (!error || error == -ETIMEDOUT)) {
		note_failure(r, &session, error, status);
	} else if (error) {
		snprintf(r->error, r->size, "cannot load %s: the runner %s: %s", r->option->path,
			any->runner, strerror(-error));
		result = error;
	} else {
		read_description(r, shm);
	}
	runner_session_end(&session);
	return result;
}

/* ---- The catalogue's entry ---- */

static int check_name(const struct request *r)
{
	if (catalogue_find_scenario(r->catalogue, r->option->name)) {
		snprintf(r->error, r->size,
			"--scenario %s: there is a scenario '%s' already; rename the file (and its "
			"descriptor)",
			r->option->path, r->option->name);
		return -EEXIST;
	}
	if (r->catalogue->scenarios < SHM_SCENARIOS_MAX)
		return 0;
	snprintf(r->error, r->size, "there are too many scenarios");
	return -ENOSPC;
}

static int add_one(const struct request *r)
{
	char path[SHM_PATH_MAX];
	int error = check_name(r);
	if (!error)
		error = absolute_path(r, path);
	if (error)
		return error;
	snprintf(r->to->name, sizeof(r->to->name), "%s", r->option->name);
	shell_quote(r->to->argument, sizeof(r->to->argument), path);
	if (r->option->is_source)
		error = compile(r, r->to->file);
	else
		snprintf(r->to->file, sizeof(r->to->file), "%s", path);
	return error ? error : check_loads(r);
}

int user_scenarios_add(
	struct catalogue *catalogue, const struct options *options, char *error, size_t size)
{
	for (size_t i = 0; i < options->scenario_files; i++) {
		struct catalogue_scenario entry = {.optional = true};
		const struct request request = {
			catalogue, &options->scenario_file[i], &entry, error, size};
		int result = add_one(&request);
		if (result)
			return result;
		catalogue->scenario[catalogue->scenarios++] = entry;
	}
	return 0;
}
