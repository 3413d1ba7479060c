/*
 * The engine must not change what it measures: each runner is compared with tests/plain/plain.c,
 * the same allocator in a program without the engine, linked as its manual says. Both must have the
 * same number of atfork registrations, and the child of both can hang or cannot.
 */
#include "e2e.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is the same in a runner and in a program, or is not. */
struct behaviour {
	int registrations;
	bool hangs;
};

/* Runs plain-<row> <mode>; its output without the newline. */
static void run_plain(char *out, int size, const char *row, const char *mode)
{
	char command[3 * E2E_PATH_MAX];
	bool preload = !strstr(row, "-static") && strcmp(mode, "handlers") == 0;
	snprintf(command, sizeof(command), "%s%s %s/plain-%s %s", preload ? "LD_PRELOAD=" : "",
		preload ? FORKLAB_REGISTRATIONS : "", FORKLAB_PLAIN, row, mode);
	FILE *pipe = popen(command, "r");
	assert_non_null(pipe);
	if (!fgets(out, size, pipe))
		out[0] = '\0';
	assert_int_equal(pclose(pipe), 0);
	out[strcspn(out, "\n")] = '\0';
}

/* False if this machine cannot tell whether it hangs. */
static bool look_at_program(struct behaviour *seen, const char *row)
{
	char text[128];
	run_plain(text, sizeof(text), row, "handlers");
	seen->registrations = atoi(text);
	assert_true(seen->registrations >= 0);
	run_plain(text, sizeof(text), row, "hang");
	print_message("plain-%s: %d registrations, %s\n", row, seen->registrations, text);
	seen->hangs = strncmp(text, "hangs", 5) == 0;
	assert_true(seen->hangs || strncmp(text, "no child hangs", 14) == 0 ||
		    strcmp(text, "skipped") == 0);
	return strcmp(text, "skipped") != 0;
}

static int audited_registrations(const char *row)
{
	size_t i;
	int count = 0;
	const json_t *each;
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("audit", "-a", row, "--format", "json"));
	json_t *report = e2e_json_of(&result, "forklab-audit/1");
	const json_t *audit = e2e_of_allocator(report, "audits", row);
	assert_string_not_equal(e2e_text(audit, "kind"), "unknown");
	json_array_foreach(json_object_get(audit, "registrations"), i, each) count +=
		!e2e_bool(each, "own");
	json_decref(report);
	e2e_free(&result);
	return count;
}

/* The first bad point, if there is one, is among the first of the sequence. */
static void look_at_runner(struct behaviour *seen, const char *row)
{
	seen->registrations = audited_registrations(row);
	json_t *report = e2e_run_json(E2E_ARGS("sweep", "-a", row, "-s", "basic", "-m", "fork",
					      "--budget", "20", "--format", "json"),
		0);
	const json_t *cell = e2e_only_cell(report);
	const char *verdict = e2e_text(cell, "verdict");
	assert_true(e2e_is_one_of(verdict, "ok deadlock livelock"));
	assert_true(e2e_number(cell, "points") > 0);
	seen->hangs = strcmp(verdict, "ok") != 0;
	json_decref(report);
}

static bool same(const struct behaviour *a, const struct behaviour *b)
{
	return a->registrations == b->registrations && a->hangs == b->hangs;
}

/* What is known of the programs, so that two that are wrong in the same way do not pass. */
static const struct known_row {
	const char *name;
	struct behaviour is;
} rows[] = {
	{"glibc", {0, false}},
	{"glibc-static", {0, false}},
	{"mimalloc", {0, false}},
	{"jemalloc", {1, false}},
	{"jemalloc-archive", {1, false}},
	{"jemalloc-static", {1, false}},
	{"tcmalloc", {1, false}},
	{"tcmalloc-archive", {1, false}},
	{"tcmalloc-static", {0, true}},
	{"tcmalloc-atfork-static", {1, false}},
	{"tcmalloc-minimal", {1, false}},
	{"tcmalloc-minimal-archive", {1, false}},
	{"tcmalloc-minimal-static", {0, true}},
	{"tcmalloc-minimal-atfork-static", {1, false}},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void a_runner_is_like_a_program(void **state)
{
	const struct known_row *row = *state;
	struct behaviour program, runner;
	if (!e2e_has_runner(row->name) || !look_at_program(&program, row->name))
		skip();
	look_at_runner(&runner, row->name);
	if (!same(&program, &runner))
		e2e_fail("%s: the program has %d registrations and %s, its runner %d and %s",
			row->name, program.registrations, program.hangs ? "hangs" : "does not hang",
			runner.registrations, runner.hangs ? "hangs" : "does not hang");
	assert_true(same(&program, &row->is));
}

/* The planted fault: a runner of which some object refers to pthread_atfork(). */
static void a_runner_that_brings_handlers_in_is_noticed(void **state)
{
	struct behaviour program, runner;
	(void)state;
	if (!e2e_has_runner("tcmalloc-minimal-static") ||
		!look_at_program(&program, "tcmalloc-minimal-static"))
		skip();
	look_at_runner(&runner, "tcmalloc-minimal-atfork-static");
	assert_int_not_equal(program.registrations, runner.registrations);
	assert_int_not_equal(program.hangs, runner.hangs);
}

/* A scenario with handlers of its own is another program: the row says so, and which it is. */
static void scenarios_with_handlers_have_a_row_of_their_own(void **state)
{
	static const char *const options[] = {"-s,logger-aware", "-s,handlers-last",
		"-s,handlers-first", "-s,basic,--cure,quiesce"};
	(void)state;
	if (!e2e_has_runner("tcmalloc-minimal-static"))
		skip();
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		char words[64], *rest = NULL;
		snprintf(words, sizeof(words), "%s", options[i]);
		const char *dash_s = strtok_r(words, ",", &rest);
		const char *scenario = strtok_r(NULL, ",", &rest);
		const char *cure = strtok_r(NULL, ",", &rest);
		const char *which = cure ? strtok_r(NULL, ",", &rest) : NULL;
		json_t *report = e2e_run_json(
			E2E_ARGS("stress", "-a", "tcmalloc-minimal-static", "-m", "fork",
				"--trials", "1", "--format", "json", dash_s, scenario, cure, which),
			0);
		const json_t *cell = e2e_only_cell(report);
		assert_string_equal(e2e_text(cell, "verdict"), "skipped");
		assert_non_null(strstr(e2e_text(cell, "why"), "-atfork-static"));
		json_decref(report);
	}
}

/* ---- What surrounds the child ---- */

/* The line of /proc/<pid>/<file> that begins so, without that; empty if there is none. */
static void proc_line(char *out, size_t size, pid_t pid, const char *file, const char *begin)
{
	char path[64], line[512];
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	FILE *in = fopen(path, "re");
	assert_non_null(in);
	out[0] = '\0';
	while (!out[0] && fgets(line, sizeof(line), in))
		if (strncmp(line, begin, strlen(begin)) == 0)
			snprintf(out, size, "%s", line + strlen(begin));
	fclose(in);
	out[strcspn(out, "\n")] = '\0';
}

/* Signals 32 and 33 are libc's own: every program with threads has a handler for one of them. */
static void check_signals(pid_t child)
{
	const unsigned long long of_libc = 3ULL << 31;
	static const char *const masks[] = {"SigBlk:\t", "ShdPnd:\t", "SigIgn:\t", "SigCgt:\t"};
	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		char value[128];
		proc_line(value, sizeof(value), child, "status", masks[i]);
		if (!value[0] || strtoull(value, NULL, 16) & ~of_libc)
			e2e_fail("%s is %s", masks[i], value);
	}
}

/* Those that docs/sweep.md names differ. */
static void check_limits(pid_t child)
{
	static const char *const limits[] = {"Max cpu time", "Max file size", "Max stack size",
		"Max resident set", "Max processes", "Max open files", "Max locked memory",
		"Max address space", "Max file locks", "Max pending signals", "Max msgqueue size",
		"Max nice priority", "Max realtime priority", "Max realtime timeout"};
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		char mine[128], its[128];
		proc_line(mine, sizeof(mine), getpid(), "limits", limits[i]);
		proc_line(its, sizeof(its), child, "limits", limits[i]);
		assert_true(mine[0]);
		assert_string_equal(mine, its);
	}
}

static void check_descriptors(pid_t child)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)child);
	DIR *directory = opendir(path);
	const struct dirent *entry;
	assert_non_null(directory);
	while ((entry = readdir(directory)))
		if (entry->d_name[0] != '.' && atoi(entry->d_name) > STDERR_FILENO)
			e2e_fail("the child has descriptor %s", entry->d_name);
	closedir(directory);
}

/* Stops a child that sleeps; false if none could be stopped before it ended. */
static bool stop_child(const struct e2e_process *process, struct e2e_found *child)
{
	enum { ATTEMPTS = 100 };
	for (int i = 0; i < ATTEMPTS; i++)
		if (e2e_find_child(process, 'S', child) && kill(child->pid, SIGSTOP) == 0 &&
			e2e_find_child(process, 'T', child))
			return true;
	return false;
}

/*
 * The caller of forklab ignores and blocks signals, and has descriptors open: none of that may
 * reach the child, or its verdicts depend on the caller.
 */
static void a_child_has_the_surroundings_of_a_program(void **state)
{
	struct e2e_process process;
	struct e2e_result result;
	struct e2e_found child;
	sigset_t blocked, old;
	(void)state;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, &old);
	signal(SIGPIPE, SIG_IGN);
	int fd = dup(STDIN_FILENO);
	e2e_env("FORKLAB_FAULT", "nap");
	e2e_start(&process,
		E2E_ARGS("stress", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a", "fault",
			"-s", "basic", "-m", "fork", "--trials", "1000", "--format", "json"));
	e2e_env("FORKLAB_FAULT", NULL);
	assert_true(stop_child(&process, &child));
	check_signals(child.pid);
	check_limits(child.pid);
	check_descriptors(child.pid);
	kill(child.pid, SIGCONT);
	kill(process.pid, SIGINT);
	e2e_finish(&process, &result, 60);
	e2e_free(&result);
	close(fd);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

int main(int argc, char **argv)
{
	static struct CMUnitTest tests[ROWS + 3];
	for (size_t i = 0; i < ROWS; i++)
		tests[i] = (struct CMUnitTest){
			.name = rows[i].name,
			.test_func = a_runner_is_like_a_program,
			.initial_state = (void *)&rows[i],
		};
	tests[ROWS] =
		(struct CMUnitTest)cmocka_unit_test(a_runner_that_brings_handlers_in_is_noticed);
	tests[ROWS + 1] = (struct CMUnitTest)cmocka_unit_test(
		scenarios_with_handlers_have_a_row_of_their_own);
	tests[ROWS + 2] =
		(struct CMUnitTest)cmocka_unit_test(a_child_has_the_surroundings_of_a_program);
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
