/*
 * --preload: a shared object is an allocator like the linked ones; an unusable one is refused with
 * one sentence before anything is measured. The objects are built with this test.
 */
#include "e2e.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HALF = 2, PATIENCE_S = 60 };

/* "forklab-preload_hang.so" among the objects that were built. */
static const char *object(const char *name)
{
	static char path[4][E2E_PATH_MAX];
	static unsigned next;
	char *mine = path[next++ % 4];
	snprintf(mine, E2E_PATH_MAX, "%s/%s.so", FORKLAB_PRELOADS, name);
	return mine;
}

/* A copy of teach-none.so up to so many bytes (0: all), with two bytes of its header changed. */
static const char *forged(const char *name, long bytes, long offset, unsigned value)
{
	FILE *in = fopen(object("teach-none"), "re"), *out = fopen(e2e_in_home(name), "we");
	struct stat status = {0};
	assert_true(in && out && fstat(fileno(in), &status) == 0);
	size_t size = bytes > 0 ? (size_t)bytes : (size_t)status.st_size;
	if (bytes < 0)
		size = (size_t)status.st_size / HALF;
	unsigned char *content = calloc(1, size + 1);
	assert_non_null(content);
	assert_int_equal(fread(content, 1, size, in), size);
	if (offset > 0) {
		content[offset] = value & 0xff;
		content[offset + 1] = value >> 8;
	}
	assert_int_equal(fwrite(content, 1, size, out), size);
	assert_int_equal(fclose(out), 0);
	fclose(in);
	free(content);
	return e2e_in_home(name);
}

/* ---- Refused ---- */

static void check_refused(const char *const *args, const char *says, const char *also)
{
	struct e2e_result result;
	e2e_run(&result, args);
	size_t length = strlen(result.err);
	if (strncmp(result.err, "forklab: ", strlen("forklab: ")) != 0 ||
		strchr(result.err, '\n') != result.err + length - 1)
		e2e_fail("not one line of forklab's: '%s'", result.err);
	if (!strstr(result.err, says) || (also && !strstr(result.err, also)))
		e2e_fail("no \"%s\" and \"%s\" in: %s", says, also ? also : "", result.err);
	assert_int_equal(result.status, 2);
	assert_string_equal(result.out, "");
	e2e_free(&result);
}

/* Every command takes the option, so every command refuses the file. */
static void refused(const char *path, const char *says, const char *also)
{
	check_refused(E2E_ARGS("list", "--preload", path), says, also);
}

static void objects_that_do_not_load(void **state)
{
	(void)state;
	refused(object("forklab-preload_crash"), "dies of SIGSEGV", "what a start");
	refused(object("forklab-preload_exit"), "exit status 7", "says nothing");
	refused(object("forklab-preload_unresolved"), "exit status 127", "forklab_nobody_has_this");
	refused(object("forklab-preload_orphan"), "exit status 127", "libforklab-is-not-here.so.1");
	/* It loads, and yet another malloc answers. */
	refused(object("forklab-preload_versioned"), "malloc lies in libc.so",
		"not in the preloaded object");
}

static void object_that_hangs(void **state)
{
	(void)state;
	refused(object("forklab-preload_hang"), "hangs before its main()", NULL);
}

/* An interrupt ends the wait. */
static void interrupted_while_it_hangs(void **state)
{
	(void)state;
	struct e2e_process process;
	struct e2e_result result;
	struct e2e_found runner;
	e2e_start(&process, E2E_ARGS("list", "--preload", object("forklab-preload_hang")));
	assert_true(e2e_find_runner(&process, &runner));
	kill(process.pid, SIGINT);
	e2e_finish(&process, &result, PATIENCE_S);
	assert_int_equal(result.status, 128 + SIGINT);
	assert_string_equal(result.out, "");
	e2e_free(&result);
}

static void objects_that_are_no_allocators(void **state)
{
	(void)state;
	refused(object("forklab-preload_malloc"), "exports malloc but not free",
		"mix with those of another");
	refused(object("forklab-preload_free"), "exports free but not malloc",
		"mix with those of another");
	refused("libm.so.6", "neither malloc nor free", "libm.so.6");
}

static void files_that_are_no_objects(void **state)
{
	enum { TYPE = 16, MACHINE = 18 };
	(void)state;
	e2e_write(e2e_in_home("text.so"), "INPUT(libmine.so)\n");
	refused(e2e_in_home("text.so"), "not an ELF file", NULL);
	e2e_write(e2e_in_home("empty.so"), "");
	refused(e2e_in_home("empty.so"), "is empty", NULL);
	e2e_write(e2e_in_home("libmine.a"), "!<arch>\n");
	refused(e2e_in_home("libmine.a"), "archive", "-shared");
	refused(e2e_in_home(NULL), "directory", NULL);
	refused(e2e_in_home("nowhere.so"), "no such file", "nowhere.so");
	refused(e2e_directory("FORKLAB"), "executable, not a shared object", NULL);
	refused(forged("exec.so", 0, TYPE, 2), "executable, not a shared object", NULL);
	refused(forged("object.o", 0, TYPE, 1), "object file", "-shared");
	refused(forged("core.so", 0, TYPE, 4), "not a shared object", NULL);
	refused(forged("arm.so", 0, MACHINE, 183), "AArch64", "this machine");
	refused(forged("strange.so", 0, MACHINE, 4711), "another architecture", NULL);
}

/* Wherever the file ends, the missing part is never used. */
static void truncated_objects(void **state)
{
	(void)state;
	static const long kept[] = {-1, 4, 20, 63, 64, 65, 200, 4096};
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		refused(forged("short.so", kept[i], 0, 0), "cannot preload",
			kept[i] > 16 || kept[i] < 0 ? "truncated" : NULL);
}

static void paths_that_the_loader_cannot_take(void **state)
{
	(void)state;
	char path[E2E_PATH_MAX * 2];
	snprintf(path, sizeof(path), "%s", forged("with blank.so", 0, 0, 0));
	refused(path, "blank", "symbolic link");
	assert_int_equal(symlink(path, e2e_in_home("without.so")), 0);
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("list", "--preload", e2e_in_home("without.so")));
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "without.so"));
	e2e_free(&result);
	refused(forged("with:colon.so", 0, 0, 0), "':'", "symbolic link");
	refused(forged("with$ORIGIN.so", 0, 0, 0), "'$'", "symbolic link");
	memset(path, 'x', 300);
	memcpy(path, "./", 2);
	path[300] = '\0';
	refused(path, "path has more than 255", NULL);
}

static void sonames_that_nobody_has(void **state)
{
	(void)state;
	refused("libforklab-is-not-here.so.1", "the loader finds no such library", "path");
	forged("libmine.so", 0, 0, 0);
	assert_int_equal(chdir(e2e_in_home(NULL)), 0);
	refused("libmine.so", "the loader finds no such library", "write ./libmine.so");
	assert_int_equal(chdir("/"), 0);
}

static void names_that_cannot_be(void **state)
{
	(void)state;
	const char *mine = object("teach-none");
	check_refused(
		E2E_ARGS("--name", "mine", "--preload", mine), "no --preload before it", NULL);
	check_refused(E2E_ARGS("--preload", mine, "--name", "one", "--name", "two"),
		"called 'one' already", "'two'");
	check_refused(
		E2E_ARGS("--preload", mine, "--name", "one", "--preload", mine, "--name", "one"),
		"--name one was given twice", NULL);
	check_refused(E2E_ARGS("--preload", mine, "--name", "glibc"),
		"an allocator of that name already", "'forklab list'");
	check_refused(E2E_ARGS("--preload", mine, "--name", "all"), "every allocator", NULL);
	check_refused(E2E_ARGS("--preload", mine, "--name", "a b"), "'a b'", NULL);
	check_refused(E2E_ARGS("--preload", mine, "--name", ""), "''", NULL);
	check_refused(E2E_ARGS("--preload", ""), "--preload", "not empty");
	check_refused(E2E_ARGS("--preload", mine, "--name", "mine", "-a", "min"),
		"unknown allocator 'min'", "'mine'");
}

/* The output file is unchanged. */
static void nothing_is_lost(void **state)
{
	(void)state;
	static const char before[] = "what was there before\n";
	char *path = strdup(e2e_in_home("result")), *after;
	e2e_write(path, before);
	check_refused(E2E_ARGS("-o", path, "--preload", object("forklab-preload_crash")), "SIGSEGV",
		NULL);
	after = e2e_read(path);
	assert_string_equal(after, before);
	free(after);
	free(path);
}

/* ---- Taken ---- */

static void run_to_json(struct e2e_result *result, const char *const *args, json_t **report)
{
	e2e_run(result, args);
	*report = e2e_json(result);
	e2e_check_controls(*report, result->status);
	e2e_free(result);
}

static void check_same_windows(const json_t *one, const json_t *other)
{
	static const char *const numbers[] = {"first", "last", "proven"};
	const json_t *mine = json_object_get(one, "windows"),
		     *its = json_object_get(other, "windows"), *window;
	size_t i;
	assert_int_equal(json_array_size(mine), json_array_size(its));
	json_array_foreach(mine, i, window)
	{
		const json_t *same = json_array_get(its, i);
		for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++)
			assert_int_equal(
				e2e_number(window, numbers[n]), e2e_number(same, numbers[n]));
		assert_string_equal(e2e_text(window, "verdict"), e2e_text(same, "verdict"));
		assert_string_equal(e2e_text(window, "lock"), e2e_text(same, "lock"));
	}
}

/* The same allocator linked and preloaded: the same fork points, with the same fate. */
static void check_same_sweep(const json_t *report, const char *linked, const char *preloaded)
{
	const json_t *one = e2e_cell(report, linked, "pool", "fork"),
		     *other = e2e_cell(report, preloaded, "pool", "fork");
	assert_string_equal(e2e_text(one, "verdict"), e2e_text(other, "verdict"));
	assert_string_equal(e2e_text(other, "link"), "preload");
	assert_int_equal(e2e_number(one, "points"), e2e_number(other, "points"));
	assert_int_equal(e2e_number(one, "waited"), e2e_number(other, "waited"));
	assert_int_equal(e2e_number(one, "bad"), e2e_number(other, "bad"));
	assert_int_equal(e2e_number(one, "proven"), e2e_number(other, "proven"));
	check_same_windows(one, other);
}

static void same_as_linked(void **state)
{
	(void)state;
	struct e2e_result result;
	json_t *report;
	run_to_json(&result,
		E2E_ARGS("sweep", "-a", "teach-none,teach-lockall", "--preload",
			object("teach-none"), "--name", "none", "--preload",
			object("teach-lockall"), "--name", "lockall", "-s", "pool", "-m", "fork",
			"--budget", "900", "--format", "json"),
		&report);
	const json_t *cell = e2e_cell(report, "teach-none", "pool", "fork");
	if (strcmp(e2e_text(cell, "verdict"), "skipped") == 0)
		skip();
	check_same_sweep(report, "teach-none", "none");
	check_same_sweep(report, "teach-lockall", "lockall");
	assert_string_equal(e2e_text(cell, "verdict"), "deadlock");
	json_decref(report);
}

/* The command of a finding brings the object along, and so finds the same again. */
static void finding_again(void **state)
{
	(void)state;
	enum { LAST = 32 };
	char text[1024];
	const char *args[LAST] = {0};
	struct e2e_result result;
	json_t *report;
	size_t count = 0;
	run_to_json(&result,
		E2E_ARGS("sweep", "--preload", object("teach-none"), "-a", "teach-none-preload",
			"-s", "pool", "-m", "_Fork", "--budget", "900", "--format", "json"),
		&report);
	const json_t *cell = e2e_only_cell(report);
	if (strcmp(e2e_text(cell, "verdict"), "skipped") == 0)
		skip();
	snprintf(text, sizeof(text), "%s --format json", e2e_text(e2e_finding(cell), "command"));
	json_int_t point = e2e_number(e2e_finding(cell), "point");
	json_decref(report);
	for (char *word = strtok(text, " "); word && count < LAST - 1; word = strtok(NULL, " "))
		args[count++] = word;
	assert_string_equal(args[0], "forklab");
	run_to_json(&result, args + 1, &report);
	cell = e2e_only_cell(report);
	assert_string_equal(e2e_text(cell, "allocator"), "teach-none-preload");
	assert_string_equal(e2e_text(cell, "verdict"), "deadlock");
	assert_int_equal(e2e_number(e2e_finding(cell), "point"), point);
	json_decref(report);
}

/* Two versions of one allocator, each from its own file, and the baseline. */
static void two_versions(void **state)
{
	(void)state;
	struct e2e_result result;
	json_t *report;
	run_to_json(&result,
		E2E_ARGS("stress", "--preload", object("teach-lockall"), "--name", "old",
			"--preload", object("forklab-preload_inherited"), "--name", "new", "-s",
			"basic", "-m", "fork", "--trials", "20", "--format", "json"),
		&report);
	assert_int_equal(json_array_size(json_object_get(report, "results")), 3);
	const json_t *old = e2e_cell(report, "old", "basic", "fork"),
		     *new = e2e_cell(report, "new", "basic", "fork");
	assert_int_equal(e2e_count(e2e_cell(report, "glibc", "basic", "fork"), "ok"), 20);
	assert_int_equal(e2e_count(old, "ok"), 20);
	/* It aborts if its LD_PRELOAD is still there in a trial. */
	assert_int_equal(e2e_count(new, "ok"), 20);
	assert_string_equal(e2e_text(new, "link"), "preload");
	/* They have no version call, so the build id is their version: two that differ. */
	assert_non_null(strstr(e2e_text(new, "version"), "build "));
	assert_string_not_equal(e2e_text(new, "version"), e2e_text(old, "version"));
	json_decref(report);
}

/* A runner that never reached its first trial or fork point still has link and version. */
static void one_that_ends_the_runner(void **state)
{
	(void)state;
	struct e2e_result result;
	size_t i;
	const json_t *cell;
	e2e_run(&result, E2E_ARGS("run", "--preload", object("forklab-preload_threads"), "--name",
				 "mine", "-a", "mine", "-s", "basic", "-m", "fork", "--trials", "5",
				 "--format", "json"));
	json_t *report = e2e_json(&result);
	assert_int_equal(json_array_size(json_object_get(report, "results")), 2);
	json_array_foreach(json_object_get(report, "results"), i, cell)
	{
		if (strcmp(e2e_text(cell, "verdict"), "skipped") == 0)
			continue;
		assert_string_equal(e2e_text(cell, "verdict"), "broken");
		assert_string_equal(e2e_text(cell, "link"), "preload");
		assert_int_equal(strncmp(e2e_text(cell, "version"), "build ", 6), 0);
	}
	assert_int_equal(result.status, 3);
	json_decref(report);
	e2e_free(&result);
}

static void names_after_the_file(void **state)
{
	(void)state;
	struct e2e_result result;
	const char *mine = object("teach-none");
	e2e_run(&result, E2E_ARGS("list", "--preload", mine, "--preload", mine, "--preload",
				 object("forklab-preload"), "--format", "json"));
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "\"teach-none-preload\""));
	assert_non_null(strstr(result.out, "\"teach-none-preload-2\""));
	assert_non_null(strstr(result.out, "\"forklab-preload\""));
	assert_non_null(strstr(result.out, "\"preload\""));
	e2e_free(&result);
}

/* The user's LD_PRELOAD does not get in the way of --preload. */
static void beside_another_preload(void **state)
{
	(void)state;
	struct e2e_result result;
	json_t *report;
	e2e_env("LD_PRELOAD", object("forklab-preload"));
	run_to_json(&result,
		E2E_ARGS("stress", "--preload", object("teach-lockall"), "--name", "mine", "-a",
			"mine", "-s", "basic", "-m", "fork", "--trials", "5", "--format", "json"),
		&report);
	e2e_env("LD_PRELOAD", NULL);
	assert_int_equal(e2e_count(e2e_only_cell(report), "ok"), 5);
	json_decref(report);
}

static void check_soname(const char *soname, const char *linked)
{
	struct e2e_result result;
	json_t *report;
	if (!e2e_can_preload(soname) || !e2e_has_runner(linked)) {
		print_message("skipped: there is no %s here\n", soname);
		return;
	}
	run_to_json(&result,
		E2E_ARGS("stress", "--preload", soname, "--name", "mine", "-a", linked, "-s",
			"basic", "-m", "fork", "--trials", "5", "--format", "json"),
		&report);
	const json_t *mine = e2e_cell(report, "mine", "basic", "fork"),
		     *its = e2e_cell(report, linked, "basic", "fork");
	assert_string_equal(e2e_text(mine, "version"), e2e_text(its, "version"));
	assert_string_equal(e2e_text(mine, "link"), "preload");
	assert_int_equal(e2e_count(mine, "broken"), 0);
	json_decref(report);
}

/* Found by the loader, with the same version as the linked runner. */
static void real_ones_by_soname(void **state)
{
	(void)state;
	check_soname("libjemalloc.so.2", "jemalloc");
	check_soname("libmimalloc.so.2", "mimalloc");
	check_soname("libtcmalloc_minimal.so.4", "tcmalloc-minimal");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_that_do_not_load),
		cmocka_unit_test(object_that_hangs),
		cmocka_unit_test(interrupted_while_it_hangs),
		cmocka_unit_test(objects_that_are_no_allocators),
		cmocka_unit_test(files_that_are_no_objects),
		cmocka_unit_test(truncated_objects),
		cmocka_unit_test(paths_that_the_loader_cannot_take),
		cmocka_unit_test(sonames_that_nobody_has),
		cmocka_unit_test(names_that_cannot_be),
		cmocka_unit_test(nothing_is_lost),
		cmocka_unit_test(same_as_linked),
		cmocka_unit_test(finding_again),
		cmocka_unit_test(two_versions),
		cmocka_unit_test(one_that_ends_the_runner),
		cmocka_unit_test(names_after_the_file),
		cmocka_unit_test(beside_another_preload),
		cmocka_unit_test(real_ones_by_soname),
	};
	return E2E_MAIN(argc, argv, tests, e2e_make_home, e2e_remove_home);
}
