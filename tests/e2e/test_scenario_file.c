/*
 * --scenario FILE: a scenario of the user's, in C or as a shared object, is one like those that are
 * built in; an unusable one is told in one sentence before anything is measured.
 */
#include "e2e.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATIENCE_S = 60, SOURCE_MAX = 4096 };

/* A scenario called `name` whose code is `code` and whose descriptor has these members. */
static const char *source(const char *name, const char *code, const char *members)
{
	char text[SOURCE_MAX], file[64];
	snprintf(text, sizeof(text),
		"#include \"scenario.h\"\n"
		"#include <signal.h>\n#include <stdlib.h>\n#include <time.h>\n#include <unistd.h>\n"
		"%s\n"
		"const struct scenario scenario_%s = {.name = \"%s\", .summary = \"a test\", "
		"%s};\n",
		code, name, name, members);
	snprintf(file, sizeof(file), "%s.c", name);
	e2e_write(e2e_in_home(file), text);
	return e2e_in_home(file);
}

#define SOUND   ".work = lab_mixed_work, .child = lab_child_steps, .sequence = &sequence"
#define BRIEFLY "static const struct sequence sequence = {.run = lab_sequence_brief};\n"

/* Compiles it as a user would, with further options; the object's path. */
static const char *object(const char *path, const char *options)
{
	static char so[E2E_PATH_MAX];
	char command[4 * E2E_PATH_MAX];
	snprintf(so, sizeof(so), "%.*s.so", (int)strlen(path) - 2, path);
	snprintf(command, sizeof(command),
		"cc -shared -fPIC -D_GNU_SOURCE %s -I '%s/../../include/forklab' -o '%s' '%s'",
		options, e2e_directory("FORKLAB_RUNNERS"), so, path);
	assert_int_equal(system(command), 0);
	return so;
}

/* Nothing of forklab's is left in its temporary directory, which is the home of this test. */
static void check_no_temporary_files(void)
{
	DIR *home = opendir(e2e_in_home(NULL));
	assert_non_null(home);
	for (struct dirent *entry; (entry = readdir(home));)
		if (strncmp(entry->d_name, "forklab-", strlen("forklab-")) == 0)
			e2e_fail("%s was left behind", entry->d_name);
	closedir(home);
}

static int make_home(void **state)
{
	int status = e2e_make_home(state);
	e2e_env("TMPDIR", e2e_in_home(NULL));
	return status;
}

/* ---- Refused ---- */

static void check_refused(const char *file, const char *says, const char *also)
{
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("stress", "-a", "glibc", "-m", "fork", "--scenario", file));
	if (result.status != 2)
		e2e_fail("exit status %d: %s%s", result.status, result.err, result.out);
	if (!strstr(result.err, says) || !strstr(result.err, also))
		e2e_fail("no \"%s\" and \"%s\" in: %s", says, also, result.err);
	assert_string_equal(result.out, "");
	e2e_free(&result);
	check_no_temporary_files();
}

/* The compiler's own message, unchanged. */
static void what_does_not_compile(void **state)
{
	(void)state;
	check_refused(source("typo", BRIEFLY "static int x = 1 +;", SOUND),
		"typo.c:7:19: error: expected expression", "cannot compile");
	check_refused(e2e_in_home("nowhere.c"), "No such file", "nowhere.c");
	const char *sound = source("sound", BRIEFLY, SOUND);
	e2e_env("CC", "no-compiler-of-that-name");
	check_refused(sound, "no C compiler 'no-compiler-of-that-name'", "CC");
	e2e_env("CC", NULL);
	/* Warnings are no errors, pedantry least of all. */
	struct e2e_result result;
	e2e_run(&result,
		E2E_ARGS("list", "--scenario",
			source("warns", "int unused; void f(); struct e {};\n" BRIEFLY, SOUND)));
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "warns"));
	e2e_free(&result);
}

static void what_is_no_scenario(void **state)
{
	(void)state;
	char *path = strdup(source("other", BRIEFLY, SOUND));
	e2e_write(e2e_in_home("mine.c"), "#include \"other.c\"\n");
	check_refused(e2e_in_home("mine.c"), "defines no 'const struct scenario scenario_mine'",
		"mine.c");
	e2e_write(e2e_in_home("mine.c"),
		"#define scenario_other scenario_mine\n#include \"other.c\"\n");
	check_refused(e2e_in_home("mine.c"), ".name = \"other\", not \"mine\"", "mine.c");
	check_refused(source("idle", BRIEFLY, ".work = lab_mixed_work"), "does not set .child", "");
	check_refused(source("basic", BRIEFLY, SOUND), "a scenario 'basic' already", "rename");
	check_refused(
		source("missing", "int lab_nobody(void);\n" BRIEFLY, SOUND ", .setup = lab_nobody"),
		"undefined symbol: lab_nobody", "missing.c");
	e2e_write(e2e_in_home("text.so"), "This is a text, and certainly no object: "
					  "INPUT(libmine.so) is not even a script.\n");
	check_refused(e2e_in_home("text.so"), "invalid ELF header", "text.so");
	check_refused("./mine.cpp", "C source (.c) or a shared object (.so)", "mine.cpp");
	free(path);
}

/* Of another version of the headers, or without any. */
static void objects_of_another_build(void **state)
{
	(void)state;
	char *copy = strdup(source("old",
		"#ifdef OLD\n"
		"const char forklab_scenario_contract[] = FORKLAB_CONTRACT;\n"
		"#endif\n" BRIEFLY,
		SOUND));
	const char *says = "not compiled with the headers of this forklab";
	check_refused(object(copy, "-DFORKLAB_CONTRACT='\"unversioned\"'"), says, "old.so");
	check_refused(object(copy, "-DOLD -DFORKLAB_CONTRACT='\"0123456789abcdef\"'"), says,
		"compile it again");
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("list", "--scenario", object(copy, "")));
	assert_int_equal(result.status, 0);
	e2e_free(&result);
	free(copy);
}

/* ---- Broken ---- */

static void check_broken(const char *file, const char *says, const char *fact, double seconds)
{
	struct e2e_result result;
	double begin = e2e_now();
	e2e_run(&result, E2E_ARGS("run", "-a", "glibc,teach-none", "-m", "fork", "--trials", "5",
				 "--details", "--scenario", file));
	if (result.status != 3)
		e2e_fail("exit status %d: %s%s", result.status, result.err, result.out);
	if (!strstr(result.out, says) || !strstr(result.out, fact) || !strstr(result.out, "broken"))
		e2e_fail("no \"%s\" and \"%s\" in: %s", says, fact, result.out);
	assert_true(e2e_now() - begin < seconds);
	e2e_free(&result);
	check_no_temporary_files();
}

#define CONSTRUCTOR "__attribute__((constructor)) static void begin(void) "

static void constructors_that_fail(void **state)
{
	(void)state;
	check_broken(source("crashes", CONSTRUCTOR "{ *(volatile int *)8 = 1; }\n" BRIEFLY, SOUND),
		"a constructor in the scenario's file crashes", "SIGSEGV", 9);
	check_broken(source("exits", CONSTRUCTOR "{ _exit(7); }\n" BRIEFLY, SOUND),
		"a constructor in the scenario's file ends the process", "exit status 7", 9);
	check_broken(source("hangs", CONSTRUCTOR "{ pause(); }\n" BRIEFLY, SOUND),
		"a constructor in the scenario's file does not return", "", 25);
}

/* What comes before the first trial, and what is missing in every one. */
static void scenarios_that_fail(void **state)
{
	(void)state;
	check_broken(source("setup", "static int setup(void) { abort(); }\n" BRIEFLY,
			     SOUND ", .setup = setup"),
		"died before its first trial", "SIGABRT", 20);
	check_broken(source("silent", "static void child(struct task *me) { (void)me; }\n" BRIEFLY,
			     ".work = lab_mixed_work, .child = child, .sequence = &sequence"),
		"no check ran", "lab_check()", 20);
}

/* ---- Like those that are built in ---- */

static const char *text_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	return json_is_string(value) ? json_string_value(value) : "";
}

static json_t *run_json(int status, const char *const *args)
{
	json_t *report = e2e_run_json(args, status);
	check_no_temporary_files();
	return report;
}

static json_t *sweep(const char *file, const char *allocator)
{
	return run_json(0, E2E_ARGS("sweep", "-a", allocator, "-m", "_Fork", "--scenario", file,
				   "--budget", "300", "--format", "json"));
}

static char *windows_of(json_t *report)
{
	return json_dumps(json_object_get(e2e_only_cell(report), "windows"), JSON_SORT_KEYS);
}

static void same_every_time(void **state)
{
	(void)state;
	char *path = strdup(source("mine", BRIEFLY, SOUND));
	char far[E2E_PATH_MAX + 16];
	snprintf(far, sizeof(far), "%s",
		e2e_in_home("a-directory-with-a-long-name-that-is-not-to-matter"));
	assert_int_equal(mkdir(far, 0700), 0);
	strcat(far, "/mine.so");
	assert_int_equal(rename(object(path, "-O2 -fno-omit-frame-pointer"), far), 0);
	json_t *one = sweep(path, "teach-none"), *other = sweep(far, "teach-none");
	const json_t *cell = e2e_only_cell(one);
	if (strcmp(e2e_text(cell, "verdict"), "skipped") == 0)
		skip();
	char *windows = windows_of(one), *again = windows_of(other);
	assert_string_equal(e2e_text(cell, "verdict"), "deadlock");
	assert_string_equal(windows, again);
	assert_int_equal(e2e_number(cell, "points"), e2e_number(e2e_only_cell(other), "points"));
	free(windows);
	free(again);
	free(path);
	json_decref(one);
	json_decref(other);
}

/* The command of a finding, with the file's quoted path, finds it again. */
static void finding_again(void **state)
{
	(void)state;
	char command[2 * E2E_PATH_MAX + 64], directory[E2E_PATH_MAX], moved[E2E_PATH_MAX + 16];
	char *path = strdup(source("mine", BRIEFLY, SOUND));
	snprintf(directory, sizeof(directory), "%s", e2e_in_home("it's, a home"));
	assert_int_equal(mkdir(directory, 0700), 0);
	snprintf(moved, sizeof(moved), "%s/mine.c", directory);
	assert_int_equal(rename(path, moved), 0);
	json_t *report = sweep(moved, "teach-none");
	const json_t *cell = e2e_only_cell(report);
	if (strcmp(e2e_text(cell, "verdict"), "skipped") == 0)
		skip();
	const char *again = e2e_text(e2e_finding(cell), "command");
	assert_non_null(strstr(again, "it'\\''s, a home/mine.c'"));
	assert_int_equal(strncmp(again, "forklab ", strlen("forklab ")), 0);
	snprintf(command, sizeof(command), "'%s' %s --fail-on deadlock >/dev/null",
		e2e_directory("FORKLAB"), again + strlen("forklab "));
	int status = system(command);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	json_decref(report);
	free(path);
}

static void checks_and_steps_with_names(void **state)
{
	(void)state;
	const char *path = source("fails",
		"static void child(struct task *me)\n"
		"{\n"
		"	lab_check(me, getpid() > 0, \"the child has a pid\");\n"
		"	lab_named_step(me, \"count the stars\");\n"
		"	lab_check(me, getpid() < 0, \"the stars are counted\");\n"
		"}\n" BRIEFLY,
		".work = lab_mixed_work, .child = child, .sequence = &sequence");
	json_t *report = run_json(0, E2E_ARGS("run", "-a", "glibc", "-m", "fork", "--trials", "5",
					     "--scenario", path, "--format", "json"));
	const json_t *cell;
	size_t i;
	json_array_foreach(json_object_get(report, "results"), i, cell)
	{
		if (strcmp(e2e_text(cell, "verdict"), "skipped") == 0)
			continue;
		const json_t *finding = e2e_finding(cell);
		assert_string_equal(e2e_text(cell, "verdict"), "corruption");
		assert_string_equal(e2e_text(finding, "step"), "count the stars");
		assert_non_null(strstr(e2e_text(finding, "sentence"), "the stars are counted"));
		assert_non_null(strstr(e2e_text(finding, "sentence"), "step count the stars"));
	}
	json_decref(report);
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("stress", "-a", "glibc", "-m", "fork", "--trials", "5",
				 "--scenario", path));
	assert_non_null(strstr(result.out, "glibc's child can fail a check of the scenario"));
	e2e_free(&result);
	e2e_run(&result, E2E_ARGS("trace", "-a", "glibc", "-m", "fork", "--trials", "1",
				 "--scenario", path));
	assert_non_null(strstr(result.out, "step count the stars"));
	e2e_free(&result);
}

/* ---- A worker that crashes ---- */

static void check_crash(const char *mode, const char *path, const char *verdict, int status)
{
	json_t *report = run_json(status, E2E_ARGS(mode, "-a", "glibc", "-m", "fork", "--scenario",
						  path, "--budget", "20", "--format", "json"));
	const json_t *cell = e2e_only_cell(report);
	if (strcmp(e2e_text(cell, "verdict"), "skipped") == 0)
		skip();
	const json_t *finding = e2e_finding(cell);
	assert_string_equal(e2e_text(cell, "verdict"), verdict);
	assert_int_equal(e2e_number(finding, "signal"), SIGSEGV);
	const char *sentence = e2e_text(finding, "sentence"), *where = text_of(finding, "waiter");
	if (!strstr(where, "stumble+0x"))
		e2e_fail("%s: no place in \"%s\", \"%s\"", mode, sentence, where);
	if (!strstr(sentence, "worker ") || !strstr(sentence, " of the parent: "))
		e2e_fail("%s: no worker in \"%s\"", mode, sentence);
	json_decref(report);
}

static void workers_that_crash(void **state)
{
	(void)state;
	const char *path = source("stumbles",
		"static _Atomic unsigned trials;\n"
		"__attribute__((noinline)) static void stumble(volatile int *at) { *at = 1; }\n"
		"static void prepare(struct task *me) { (void)me; trials++; }\n"
		"static void work(struct task *me)\n"
		"{\n"
		"	lab_mixed_work(me);\n"
		"	if (trials >= ENOUGH)\n"
		"		stumble((int *)8);\n"
		"}\n"
		"static void run(struct task *me)\n"
		"{\n"
		"	lab_sequence_brief(me);\n"
		"	stumble((int *)8);\n"
		"}\n"
		"static const struct sequence sequence = {.run = run};\n",
		".work = work, .prepare = prepare, .child = lab_child_steps, .sequence = "
		"&sequence");
	char *copy = strdup(path);
	/* In the third trial of each runner, and before the first. */
	check_crash("stress", object(copy, "-DENOUGH=3"), "crash", 0);
	check_crash("stress", object(copy, "-DENOUGH=0"), "broken", 3);
	check_crash("sweep", object(copy, "-DENOUGH=3"), "crash", 0);
	free(copy);
}

/* ---- Other runners, other commands ---- */

static void static_runners_skip_it(void **state)
{
	(void)state;
	static const char *const runners[] = {"musl", "jemalloc-static"};
	const char *path = source("mine", BRIEFLY, SOUND);
	for (size_t i = 0; i < sizeof(runners) / sizeof(runners[0]); i++) {
		if (!e2e_has_runner(runners[i]))
			continue;
		json_t *report = run_json(0, E2E_ARGS("run", "-a", runners[i], "-m", "fork",
						     "--scenario", path, "--format", "json"));
		const json_t *cell;
		size_t c;
		json_array_foreach(json_object_get(report, "results"), c, cell)
			assert_string_equal(e2e_text(cell, "verdict"), "skipped");
		char *text = json_dumps(report, 0);
		assert_non_null(strstr(text, "static program, which cannot load a scenario"));
		free(text);
		json_decref(report);
	}
}

static void explained(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("explain", "-a", "teach-none", "-m", "_Fork", "--scenario",
				 source("mine", BRIEFLY, SOUND)));
	if (strstr(result.err, "no right to trace"))
		skip();
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "mine.c"));
	assert_non_null(strstr(result.out, "deadlock"));
	e2e_free(&result);
	check_no_temporary_files();
}

/* A run with an allocation before any other has nothing to offer to a file. */
static void first_allocation(void **state)
{
	(void)state;
	json_t *report = run_json(
		0, E2E_ARGS("sweep", "-a", "glibc", "-m", "fork", "--format", "json", "--scenario",
			   source("first",
				   "static const struct sequence sequence = {.run = "
				   "lab_sequence_brief,"
				   " .first = true, .signal = SIGUSR1};\n",
				   ".child = lab_child_steps, .sequence = &sequence")));
	char *text = json_dumps(report, 0);
	assert_non_null(strstr(text, "loading its file allocates"));
	free(text);
	json_decref(report);
}

/* ---- Interrupted ---- */

static const char *slow_compiler(void)
{
	const char *path = e2e_in_home("slow-cc");
	e2e_write(path, "#!/bin/sh\n: > \"$TMPDIR/here.s\"\nsleep 60\n");
	assert_int_equal(chmod(path, 0700), 0);
	return path;
}

static bool has_temporary_file(void)
{
	char command[2 * E2E_PATH_MAX];
	snprintf(command, sizeof(command), "ls '%s'/forklab-scenario-*/* >/dev/null 2>&1",
		e2e_in_home(NULL));
	return system(command) == 0;
}

static void end_in_the_middle(const char *const *args, int signal, bool inner)
{
	struct e2e_process process;
	struct e2e_result result;
	struct e2e_found found;
	e2e_start(&process, args);
	for (int i = 0; i < 300 && !has_temporary_file(); i++)
		e2e_sleep_ms(50);
	assert_true(has_temporary_file());
	assert_true(e2e_find_inner(&process, &found));
	kill(inner ? found.pid : process.pid, signal);
	e2e_finish(&process, &result, PATIENCE_S);
	if (!inner && result.status != 128 + signal)
		e2e_fail("exit status %d: %s", result.status, result.err);
	e2e_free(&result);
	check_no_temporary_files();
}

static void nothing_stays_behind(void **state)
{
	(void)state;
	char *path = strdup(source("mine", BRIEFLY, SOUND));
	const char *const *args = E2E_ARGS("stress", "-a", "glibc", "-m", "fork", "--trials",
		"1000000", "--budget", "60", "--scenario", path);
	end_in_the_middle(args, SIGINT, false);
	end_in_the_middle(args, SIGTERM, false);
	end_in_the_middle(args, SIGKILL, true);
	e2e_env("CC", slow_compiler());
	end_in_the_middle(args, SIGINT, false);
	end_in_the_middle(args, SIGKILL, true);
	e2e_env("CC", NULL);
	free(path);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_does_not_compile),
		cmocka_unit_test(what_is_no_scenario),
		cmocka_unit_test(objects_of_another_build),
		cmocka_unit_test(constructors_that_fail),
		cmocka_unit_test(scenarios_that_fail),
		cmocka_unit_test(same_every_time),
		cmocka_unit_test(finding_again),
		cmocka_unit_test(checks_and_steps_with_names),
		cmocka_unit_test(workers_that_crash),
		cmocka_unit_test(static_runners_skip_it),
		cmocka_unit_test(explained),
		cmocka_unit_test(first_allocation),
		cmocka_unit_test(nothing_stays_behind),
	};
	return E2E_MAIN(argc, argv, tests, make_home, e2e_remove_home);
}
