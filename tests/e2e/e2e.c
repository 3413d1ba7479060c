#include "e2e.h"

#include "proc_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MARK "FORKLAB_E2E_MARK"

/*
 * Seconds. RUN_LIMIT: longer than any budget that a test gives. PATIENCE: for a process of the run
 * to show up. GONE: for all of them to end after forklab, on a machine that other tests keep busy.
 */
static const double RUN_LIMIT = 1200, PATIENCE = 60, GONE = 10;

enum { FOUND_MAX = 512, ENVIRON_MAX = 64 * 1024 };

void e2e_fail(const char *format, ...)
{
	char text[2048];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fail_msg("%s", text);
	abort();
}

double e2e_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void e2e_sleep_ms(long ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000 * 1000};
	nanosleep(&time, NULL);
}

void e2e_env(const char *name, const char *value)
{
#ifdef FORKLAB_HAS_ASAN
	/* Its runtime must be the first object of the process, so nothing can be preloaded. */
	if (value && strcmp(name, "LD_PRELOAD") == 0)
		skip();
#endif
	int failed = value ? setenv(name, value, 1) : unsetenv(name);
	assert_int_equal(failed, 0);
}

static const char *needed(const char *variable)
{
	const char *value = getenv(variable);
	if (value && *value)
		return value;
	fprintf(stderr, "%s is not set; start this test with ctest\n", variable);
	exit(2);
}

const char *e2e_directory(const char *variable)
{
	return needed(variable);
}

bool e2e_has_runner(const char *allocator)
{
	char path[E2E_PATH_MAX];
	snprintf(path, sizeof(path), "%s/forklab-run-%s", needed("FORKLAB_RUNNERS"), allocator);
	return access(path, X_OK) == 0;
}

bool e2e_can_preload(const char *library)
{
	char command[256];
	snprintf(command, sizeof(command), "test -z \"$(LD_PRELOAD=%s /bin/true 2>&1)\"", library);
	int status = system(command);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* ---- Running ---- */

static const char *program = "FORKLAB"; /* the variable that names it */

void e2e_controls(bool on)
{
	program = on ? "FORKLAB_WITH_CONTROLS" : "FORKLAB";
}

static bool same_mark;

void e2e_same_environment(bool on)
{
	same_mark = on;
}

/* In the forked child: all of this is allowed there, this process has one thread. */
static _Noreturn void become_forklab(const struct e2e_process *process, const char *const *args)
{
	enum { ARGS_MAX = 64 };
	const char *argv[ARGS_MAX] = {"forklab"};
	int null = open("/dev/null", O_RDONLY);
	for (int i = 0; args[i] && i < ARGS_MAX - 2; i++)
		argv[i + 1] = args[i];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(null, 0) < 0 || dup2(process->out, 1) < 0 || dup2(process->err, 2) < 0 ||
		setenv(MARK, process->mark, 1) != 0)
		_exit(127);
	execv(needed(program), (char *const *)argv);
	_exit(127);
}

void e2e_start(struct e2e_process *process, const char *const *args)
{
	static unsigned runs;
	*process = (struct e2e_process){
		.out = memfd_create("out", MFD_CLOEXEC),
		.err = memfd_create("err", MFD_CLOEXEC),
		.begin_s = e2e_now(),
	};
	runs += !same_mark;
	snprintf(process->mark, sizeof(process->mark), "%d-%u.", (int)getpid(), runs);
	assert_true(process->out >= 0 && process->err >= 0);
	fflush(NULL);
	process->pid = fork();
	assert_true(process->pid >= 0);
	if (process->pid == 0)
		become_forklab(process, args);
	process->pidfd = (int)syscall(SYS_pidfd_open, process->pid, 0);
	assert_true(process->pidfd >= 0);
}

bool e2e_ended(const struct e2e_process *process, double seconds)
{
	struct pollfd fd = {.fd = process->pidfd, .events = POLLIN};
	double end = e2e_now() + seconds;
	do {
		if (poll(&fd, 1, (int)(seconds * 1e3)) > 0)
			return true;
	} while (e2e_now() < end);
	return false;
}

/* All that a run printed, terminated. */
static char *contents(int fd, size_t *size)
{
	off_t end = lseek(fd, 0, SEEK_END);
	char *text = calloc(1, (size_t)end + 1);
	assert_non_null(text);
	assert_int_equal(pread(fd, text, (size_t)end, 0), end);
	if (size)
		*size = (size_t)end;
	close(fd);
	return text;
}

/* So that a test that has failed leaves nothing behind itself. */
static void kill_all(const char *mark)
{
	struct e2e_found found[FOUND_MAX];
	size_t count = e2e_processes(mark, found, FOUND_MAX);
	for (size_t i = 0; i < count && i < FOUND_MAX; i++)
		kill(found[i].pid, SIGKILL);
}

void e2e_finish_within(
	struct e2e_process *process, struct e2e_result *result, double seconds, double gone_seconds)
{
	int status;
	bool ended = e2e_ended(process, seconds);
	if (!ended)
		kill_all(process->mark);
	assert_int_equal(waitpid(process->pid, &status, 0), process->pid);
	*result = (struct e2e_result){
		.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
		.seconds = e2e_now() - process->begin_s,
	};
	result->out = contents(process->out, &result->out_size);
	result->err = contents(process->err, NULL);
	close(process->pidfd);
	bool gone = e2e_all_gone(process->mark, gone_seconds) >= 0;
	if (!gone)
		kill_all(process->mark);
	if (!ended)
		e2e_fail("forklab did not end within %.0f s", seconds);
	if (!gone)
		e2e_fail("a process of the run was alive %.0f s after its end", gone_seconds);
}

void e2e_finish(struct e2e_process *process, struct e2e_result *result, double seconds)
{
	e2e_finish_within(process, result, seconds, GONE);
}

void e2e_run(struct e2e_result *result, const char *const *args)
{
	struct e2e_process process;
	e2e_start(&process, args);
	e2e_finish(&process, result, RUN_LIMIT);
}

json_t *e2e_run_json(const char *const *args, int status)
{
	struct e2e_result result;
	e2e_run(&result, args);
	if (result.status != status)
		e2e_fail("exit status %d, not %d: %s %.1500s", result.status, status, result.err,
			result.out);
	json_t *report = e2e_json(&result);
	e2e_free(&result);
	return report;
}

json_t *e2e_stress(
	const char *allocators, const char *scenarios, const char *methods, int trials, int seed)
{
	char trials_text[16], seed_text[16];
	struct e2e_result result;
	snprintf(trials_text, sizeof(trials_text), "%d", trials);
	snprintf(seed_text, sizeof(seed_text), "%d", seed);
	e2e_run(&result,
		E2E_ARGS("stress", "-a", allocators, "-s", scenarios, "-m", methods, "--trials",
			trials_text, "--seed", seed_text, "--budget", "900", "--format", "json"));
	json_t *report = e2e_json(&result);
	e2e_check_controls(report, result.status);
	e2e_free(&result);
	return report;
}

void e2e_free(struct e2e_result *result)
{
	free(result->out);
	free(result->err);
	*result = (struct e2e_result){0};
}

/* ---- Which tests ---- */

static bool is_selected(const char *argument, const struct CMUnitTest *test, size_t index)
{
	unsigned part, parts;
	char end;
	if (!argument)
		return true;
	if (sscanf(argument, "%u/%u%c", &part, &parts, &end) == 2 && parts > 0)
		return index % parts + 1 == part;
	return fnmatch(argument, test->name, 0) == 0;
}

int e2e_main(int argc, char **argv, const struct CMUnitTest *tests, size_t count,
	CMFixtureFunction setup, CMFixtureFunction teardown)
{
	struct CMUnitTest *selected = calloc(count + 1, sizeof(*selected));
	size_t used = 0;
	if (!selected)
		abort();
	for (size_t i = 0; i < count; i++)
		if (is_selected(argc > 1 ? argv[1] : NULL, &tests[i], i))
			selected[used++] = tests[i];
	if (!used)
		fprintf(stderr, "no test is '%s'\n", argc > 1 ? argv[1] : "");
	int failed = used ? _cmocka_run_group_tests("e2e", selected, used, setup, teardown) : 1;
	free(selected);
	return failed;
}

/* ---- The processes of a run ---- */

/* A process that has ended has no environment, so it is not counted. */
static bool has_mark(pid_t pid, const char *mark)
{
	static char text[ENVIRON_MAX];
	char wanted[E2E_MARK_MAX + sizeof(MARK)];
	snprintf(wanted, sizeof(wanted), MARK "=%s", mark);
	ssize_t size = proc_file_read(text, sizeof(text), "/proc/%d/environ", (int)pid);
	return size > 0 && memmem(text, (size_t)size, wanted, strlen(wanted));
}

static bool runs_a_runner(pid_t pid)
{
	char link[64], path[E2E_PATH_MAX];
	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	ssize_t size = readlink(link, path, sizeof(path) - 1);
	if (size < 0)
		return false;
	path[size] = '\0';
	return strstr(path, "/forklab-run-") != NULL;
}

static bool describe(pid_t pid, struct e2e_found *found)
{
	char text[1024];
	int parent = 0;
	char state = 0;
	if (proc_file_read(text, sizeof(text), "/proc/%d/stat", (int)pid) <= 0)
		return false;
	const char *rest = strrchr(text, ')');
	if (!rest || sscanf(rest, ") %c %d", &state, &parent) != 2 || state == 'Z')
		return false;
	*found = (struct e2e_found){
		.pid = pid, .parent = parent, .state = state, .runner = runs_a_runner(pid)};
	return true;
}

size_t e2e_processes(const char *mark, struct e2e_found *found, size_t max)
{
	DIR *directory = opendir("/proc");
	assert_non_null(directory);
	size_t count = 0;
	for (struct dirent *entry; (entry = readdir(directory));) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		struct e2e_found one;
		if (pid <= 0 || !has_mark(pid, mark) || !describe(pid, &one))
			continue;
		if (count < max)
			found[count] = one;
		count++;
	}
	closedir(directory);
	return count;
}

double e2e_all_gone(const char *mark, double seconds)
{
	struct e2e_found found;
	double begin = e2e_now();
	while (e2e_processes(mark, &found, 1) > 0) {
		if (e2e_now() - begin > seconds)
			return -1;
		e2e_sleep_ms(10);
	}
	return e2e_now() - begin;
}

static bool is_runner(const struct e2e_found *all, size_t count, pid_t pid)
{
	for (size_t i = 0; i < count; i++)
		if (all[i].pid == pid)
			return all[i].runner;
	return false;
}

enum proc_kind { INNER, RUNNER, CHILD };

static bool is_kind(const struct e2e_process *process, const struct e2e_found *all, size_t count,
	const struct e2e_found *one, enum proc_kind kind)
{
	bool below_runner = is_runner(all, count, one->parent);
	switch (kind) {
	case INNER:
		return one->parent == process->pid && !one->runner;
	case RUNNER:
		return one->runner && !below_runner;
	default:
		return one->runner && below_runner;
	}
}

static bool find(
	const struct e2e_process *process, enum proc_kind kind, char state, struct e2e_found *found)
{
	struct e2e_found all[FOUND_MAX];
	double end = e2e_now() + PATIENCE;
	while (e2e_now() < end && !e2e_ended(process, 0)) {
		size_t count = e2e_processes(process->mark, all, FOUND_MAX);
		for (size_t i = 0; i < count && i < FOUND_MAX; i++)
			if (is_kind(process, all, count, &all[i], kind) &&
				(!state || all[i].state == state)) {
				*found = all[i];
				return true;
			}
		e2e_sleep_ms(2);
	}
	return false;
}

bool e2e_find_inner(const struct e2e_process *process, struct e2e_found *found)
{
	return find(process, INNER, 0, found);
}

bool e2e_find_runner(const struct e2e_process *process, struct e2e_found *found)
{
	return find(process, RUNNER, 0, found);
}

bool e2e_find_child(const struct e2e_process *process, char state, struct e2e_found *found)
{
	return find(process, CHILD, state, found);
}

/* ---- Reading ---- */

json_t *e2e_json_of(const struct e2e_result *result, const char *schema)
{
	json_error_t error;
	json_t *report = json_loadb(result->out, result->out_size, JSON_REJECT_DUPLICATES, &error);
	if (!report)
		e2e_fail("no JSON: %s; exit status %d, standard error: %s", error.text,
			result->status, result->err);
	assert_string_equal(e2e_text(report, "schema"), schema);
	return report;
}

json_t *e2e_json(const struct e2e_result *result)
{
	return e2e_json_of(result, "forklab/1");
}

const char *const e2e_verdict[E2E_VERDICTS] = {"ok", "deadlock", "livelock", "crash", "corruption",
	"refused", "parent-deadlock", "unknown", "skipped", "broken"};

json_t *e2e_of_allocator(const json_t *report, const char *list, const char *allocator)
{
	size_t i;
	json_t *each;
	json_array_foreach(json_object_get(report, list), i, each)
	{
		if (strcmp(e2e_text(each, "allocator"), allocator) == 0)
			return each;
	}
	e2e_fail("%s is not in \"%s\"", allocator, list);
}

json_t *e2e_cell(
	const json_t *report, const char *allocator, const char *scenario, const char *method)
{
	size_t i;
	json_t *cell;
	json_array_foreach(json_object_get(report, "results"), i, cell)
	{
		if (strcmp(e2e_text(cell, "allocator"), allocator) == 0 &&
			strcmp(e2e_text(cell, "scenario"), scenario) == 0 &&
			strcmp(e2e_text(cell, "method"), method) == 0)
			return cell;
	}
	e2e_fail("there is no cell %s, %s, %s", allocator, scenario, method);
}

json_t *e2e_only_cell(const json_t *report)
{
	json_t *results = json_object_get(report, "results");
	assert_int_equal(json_array_size(results), 1);
	return json_array_get(results, 0);
}

static json_t *member(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);
	if (!value)
		e2e_fail("there is no \"%s\"", key);
	return value;
}

const char *e2e_text(const json_t *object, const char *key)
{
	const json_t *value = member(object, key);
	if (json_is_null(value))
		return "";
	if (!json_is_string(value))
		e2e_fail("\"%s\" is no text", key);
	return json_string_value(value);
}

json_int_t e2e_number(const json_t *object, const char *key)
{
	const json_t *value = member(object, key);
	if (!json_is_integer(value))
		e2e_fail("\"%s\" is no whole number", key);
	return json_integer_value(value);
}

bool e2e_bool(const json_t *object, const char *key)
{
	const json_t *value = member(object, key);
	if (!json_is_boolean(value))
		e2e_fail("\"%s\" is neither true nor false", key);
	return json_is_true(value);
}

json_int_t e2e_count(const json_t *cell, const char *verdict)
{
	return e2e_number(member(cell, "counts"), verdict);
}

json_t *e2e_finding(const json_t *cell)
{
	json_t *finding = member(cell, "finding");
	if (!json_is_object(finding))
		e2e_fail("the cell has no finding");
	return finding;
}

void e2e_check_controls(const json_t *report, int status)
{
	bool all = true;
	size_t i;
	const json_t *control;
	json_array_foreach(member(report, "controls"), i, control)
	{
		bool passed = e2e_bool(control, "passed");
		all &= passed;
		if (!passed && (strcmp(e2e_text(control, "expected"), "ok") == 0 ||
				       strcmp(e2e_text(control, "got"), "ok") != 0))
			e2e_fail("a control went wrong: %s", e2e_text(control, "why"));
	}
	assert_int_equal(e2e_bool(report, "sufficient"), all);
	assert_int_equal(status, all ? 0 : 3);
}

bool e2e_is_one_of(const char *word, const char *words)
{
	size_t length = strlen(word);
	for (const char *at = words; length && (at = strstr(at, word)); at += length) {
		bool begins = at == words || at[-1] == ' ';
		if (begins && (at[length] == ' ' || at[length] == '\0'))
			return true;
	}
	return false;
}

/* ---- Files ---- */

void e2e_temporary(char path[E2E_PATH_MAX])
{
	snprintf(path, E2E_PATH_MAX, "/tmp/forklab-e2e-XXXXXX");
	assert_non_null(mkdtemp(path));
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	return remove(path);
}

void e2e_remove(const char *path)
{
	enum { DESCRIPTORS = 16 };
	nftw(path, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
}

static char home[E2E_PATH_MAX];

int e2e_make_home(void **state)
{
	(void)state;
	e2e_temporary(home);
	return 0;
}

int e2e_remove_home(void **state)
{
	(void)state;
	e2e_remove(home);
	return 0;
}

const char *e2e_in_home(const char *name)
{
	static char path[4][E2E_PATH_MAX * 2];
	static unsigned next;
	char *mine = path[next++ % 4];
	snprintf(mine, sizeof(path[0]), "%s%s%s", home, name ? "/" : "", name ? name : "");
	return mine;
}

char *e2e_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		e2e_fail("%s: %s", path, strerror(errno));
	return contents(fd, NULL);
}

void e2e_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void copy_catalogue(const char *from, const char *to, const char *allocators)
{
	json_t *catalogue = json_load_file(from, 0, NULL),
	       *list = json_object_get(catalogue, "allocators");
	assert_non_null(list);
	for (size_t i = json_array_size(list); allocators && i-- > 0;)
		if (!e2e_is_one_of(e2e_text(json_array_get(list, i), "name"), allocators))
			json_array_remove(list, i);
	assert_int_equal(json_dump_file(catalogue, to, JSON_INDENT(1)), 0);
	json_decref(catalogue);
}

void e2e_copy_runners(const char *from, const char *to, const char *allocators)
{
	DIR *directory = opendir(from);
	assert_non_null(directory);
	for (struct dirent *entry; (entry = readdir(directory));) {
		char old[E2E_PATH_MAX], new[E2E_PATH_MAX];
		snprintf(old, sizeof(old), "%s/%s", from, entry->d_name);
		snprintf(new, sizeof(new), "%s/%s", to, entry->d_name);
		if (strcmp(entry->d_name, "catalogue.json") == 0)
			copy_catalogue(old, new, allocators);
		else if (strncmp(entry->d_name, "forklab-run-", strlen("forklab-run-")) == 0)
			assert_int_equal(symlink(old, new), 0);
	}
	closedir(directory);
}

void e2e_runners_with(char path[E2E_PATH_MAX], const char *allocator, const char *variable)
{
	char file[E2E_PATH_MAX + 32];
	e2e_temporary(path);
	e2e_copy_runners(e2e_directory("FORKLAB_RUNNERS"), path, allocator);
	snprintf(file, sizeof(file), "%s/catalogue.json", path);
	json_t *catalogue = json_load_file(file, 0, NULL);
	json_t *entry = json_array_get(json_object_get(catalogue, "allocators"), 0);
	assert_string_equal(e2e_text(entry, "name"), allocator);
	assert_int_equal(json_object_set_new(entry, "environment", json_pack("[s]", variable)), 0);
	assert_int_equal(json_object_set_new(catalogue, "controls", json_false()), 0);
	assert_int_equal(json_dump_file(catalogue, file, 0), 0);
	json_decref(catalogue);
}
