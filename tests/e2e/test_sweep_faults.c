/*
 * What can go wrong while a thread is stepped: allocators with planted faults, and signals from
 * outside. Each has its verdict, forklab survives it, and no process is left.
 */
#include "e2e.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const double LIMIT = 200;

struct sweep_expectation {
	const char *fault;
	const char *point; /* only that one, where the children are expensive; NULL: all */
	const char *verdict;
	int status;
	const char *says; /* part of the finding's sentence, or of the reason */
};

static const struct sweep_expectation expectations[] = {
	{"", NULL, "ok", 0, ""},

	/* The stepped thread. */
	{"step-segv", NULL, "crash", 0, "killed by a signal"},
	{"step-abort", NULL, "crash", 0, "aborted"},
	{"step-exit", NULL, "crash", 0, "in the middle of its work"},
	{"step-end-thread", NULL, "broken", 3, "ended within its sequence"},
	{"step-exec", NULL, "broken", 3, "executed another program"},
	{"step-threads", NULL, "ok", 0, ""},
	{"step-beside", NULL, "ok", 0, ""},
	{"step-fork", NULL, "ok", 0, ""},
	{"step-fork-stay", NULL, "ok", 0, ""},
	{"stop-worker", NULL, "ok", 0, ""},
	{"step-hang", NULL, "parent-deadlock", 0, "a worker of the parent, after the fork"},

	/* The forking one. */
	{"prepare-stop", NULL, "ok", 0, ""},
	{"stop-runner", NULL, "ok", 0, ""},
	{"start-stop-forklab", "100", "ok", 0, ""},
	{"prepare-crash", NULL, "crash", 0, "killed by a signal"},
	{"parent-crash", NULL, "crash", 0, "killed by a signal"},
	{"parent-crash", "100", "crash", 0, "killed by a signal"},
	{"start-crash", NULL, "crash", 0, "killed by a signal"},

	/* The children. */
	{"hang", "100", "deadlock", 0, "blocked forever"},
	{"yield-thread", "100", "livelock", 0, "spins forever"},
	{"nap", "100", "ok", 0, ""},
	{"stop-myself", "100", "unknown", 0, "the child is stopped"},
	{"stop-runner-often", "100", "ok", 0, ""},
	{"eat-memory", "100", "broken", 3, "more than 96 MiB resident: a limit of"},
	{"reserve-memory", "100", "ok", 0, ""},
	{"fork-again", "100", "unknown", 0, "left a process behind"},
	{"own-pipe", NULL, "deadlock", 0, "read(2) of descriptor"},
	{"alarm-spin", "100", "ok", 0, ""},
	/* Each takes the whole deadline once, and not at each of the 300 points. */
	{"socket", NULL, "unknown", 0, "a socket"},
	{"pi-owner", NULL, "unknown", 0, "no progress"},
	{"prepare-hang", NULL, "parent-deadlock", 0, "stuck forever"},
	{"both-hang", NULL, "parent-deadlock", 0, "stuck forever"},
	{"ignore-signals", "100", "livelock", 0, "spins forever"},
	{"exit-at-once", "100", "crash", 0, "without a message"},
	{"exit-too-early", "100", "crash", 0, "in the middle of its work"},
	{"kill-child", "100", "broken", 3, "killed from outside"},
	{"kill-runner", "100", "broken", 3, "killed from outside"},

	/* The page. */
	{"scribble-ones", NULL, "broken", 3, "overwritten"},
	{"scribble-zeros", NULL, "broken", 3, "overwritten"},
	{"scribble-small", NULL, "broken", 3, "overwritten"},
	{"scribble-random", NULL, "broken", 3, "overwritten"},
	{"scribble-forever", "100", "broken", 3, "overwritten"},
	{"scribble-parent", NULL, "broken", 3, "overwritten"},
};
enum { EXPECTATIONS = sizeof(expectations) / sizeof(expectations[0]) };

static void start(struct e2e_process *process, const char *fault, const char *scenario,
	const char *option, const char *value)
{
	/* Some machines hand out memory slowly. */
	const char *deadline = strcmp(fault, "eat-memory") == 0 ? "60" : "2";
	e2e_env("FORKLAB_FAULT", fault);
	e2e_start(process,
		E2E_ARGS("sweep", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a", "fault", "-s",
			scenario, "-m", "fork", "--deadline", deadline, "--budget", "600",
			"--memory", "96M", "--format", "json", option, value));
}

static json_t *finish(struct e2e_process *process, int status)
{
	struct e2e_result result;
	e2e_finish(process, &result, LIMIT);
	json_t *report = e2e_json(&result);
	if (result.status != status) {
		char *all = json_dumps(e2e_only_cell(report), 0);
		e2e_fail("exit status %d: %.1500s", result.status, all ? all : "");
	}
	e2e_free(&result);
	return report;
}

static const char *words_of(const json_t *cell)
{
	const json_t *finding = json_object_get(cell, "finding");
	return json_is_object(finding) ? e2e_text(finding, "sentence") : e2e_text(cell, "why");
}

static void fault_gets_its_verdict(void **state)
{
	const struct sweep_expectation *expected = *state;
	struct e2e_process process;
	start(&process, expected->fault, "pool", expected->point ? "--point" : NULL,
		expected->point);
	json_t *report = finish(&process, expected->status);
	const json_t *cell = e2e_only_cell(report);
	bool whole = strcmp(expected->verdict, "ok") == 0 && !expected->point;
	if (strcmp(e2e_text(cell, "verdict"), expected->verdict) != 0 ||
		!strstr(words_of(cell), expected->says) || (whole && !e2e_bool(cell, "complete"))) {
		char *all = json_dumps(cell, 0);
		e2e_fail("%s: %.1500s", expected->fault, all ? all : "");
	}
	/* The output of the process under test must not reach the terminal unfiltered. */
	for (const char *c = words_of(cell); *c; c++)
		assert_true(*c >= ' ' && *c <= '~');
	json_decref(report);
}

/* A result like any other, with its reason, in every form. */
static void a_sequence_that_changes_nothing_is_ok(void **state)
{
	(void)state;
	struct e2e_process process;
	start(&process, "", "unchanging", NULL, NULL);
	json_t *report = finish(&process, 0);
	const json_t *cell = e2e_only_cell(report);
	assert_string_equal(e2e_text(cell, "verdict"), "ok");
	assert_int_equal(e2e_number(cell, "points"), 0);
	assert_true(e2e_bool(cell, "complete"));
	assert_non_null(strstr(e2e_text(cell, "why"), "nothing that a child inherits changes"));
	json_decref(report);
	start(&process, "", "unchanging", "--point", "1");
	report = finish(&process, 2);
	assert_string_equal(e2e_text(e2e_only_cell(report), "verdict"), "skipped");
	json_decref(report);
	struct e2e_result result;
	e2e_env("FORKLAB_FAULT", "");
	e2e_run(&result, E2E_ARGS("sweep", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a",
				 "fault", "-s", "unchanging", "-m", "fork"));
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "ok"));
	assert_non_null(strstr(result.out, "0 fork points: nothing that a child inherits changes"));
	e2e_free(&result);
}

/* Many children print at the same time, each to its own buffer, and no message may be lost. */
static void the_words_of_each_child_are_heard(void **state)
{
	(void)state;
	struct e2e_process process;
	start(&process, "exit-message", "pool", NULL, NULL);
	json_t *report = finish(&process, 0);
	const json_t *cell = e2e_only_cell(report);
	assert_true(e2e_bool(cell, "complete"));
	assert_true(e2e_count(cell, "refused") > 200);
	assert_int_equal(e2e_count(cell, "refused"), e2e_number(cell, "tried"));
	json_decref(report);
}

/* The first of them takes seconds, the others share its verdict. */
static void a_loop_that_counts_is_examined_once(void **state)
{
	(void)state;
	static const char *const faults[] = {"count-spins", "back-off"};
	for (int i = 0; i < 2; i++) {
		struct e2e_process process;
		start(&process, faults[i], "pool", "--deadline", "10");
		json_t *report = finish(&process, 0);
		const json_t *cell = e2e_only_cell(report);
		assert_true(e2e_bool(cell, "complete"));
		assert_int_equal(e2e_count(cell, "livelock"), e2e_number(cell, "tried"));
		json_decref(report);
	}
}

/* A lock in shared memory makes a sweep depend on what was tried before: it says so. */
static void a_shared_lock_is_told(void **state)
{
	(void)state;
	static const char *const faults[] = {"hang", "shared-word"};
	for (int i = 0; i < 2; i++) {
		struct e2e_process process;
		start(&process, faults[i], "pool", "--budget", "4");
		json_t *report = finish(&process, 0);
		assert_int_equal(e2e_bool(e2e_only_cell(report), "shared_lock"), i == 1);
		json_decref(report);
	}
}

/* What hangs already when the budget ends is told, although the deadline has not passed. */
static void the_budget_hides_no_stuck_child(void **state)
{
	(void)state;
	struct e2e_process process;
	start(&process, "socket", "pool", "--budget", "1.5");
	json_t *report = finish(&process, 0);
	const json_t *cell = e2e_only_cell(report);
	assert_string_equal(e2e_text(cell, "verdict"), "unknown");
	assert_true(e2e_count(cell, "unknown") > 0);
	assert_true(e2e_bool(cell, "cut"));
	json_decref(report);
}

/* Neither fault ever reaches the next fork point, or the end of the sequence. */
static void the_budget_ends_a_thread_that_does_not(void **state)
{
	(void)state;
	static const char *const faults[] = {"step-spin", "step-store"};
	for (size_t i = 0; i < 2; i++) {
		struct e2e_process process;
		start(&process, faults[i], "pool", "--budget", "2");
		json_t *report = finish(&process, 0);
		assert_true(e2e_bool(e2e_only_cell(report), "cut"));
		assert_false(e2e_bool(e2e_only_cell(report), "complete"));
		json_decref(report);
	}
}

/* Every second runner makes some more stores, so its fork points differ. */
static void a_point_that_does_not_reproduce_is_broken(void **state)
{
	(void)state;
	struct e2e_process process;
	char directory[E2E_PATH_MAX], file[E2E_PATH_MAX + 16];
	e2e_temporary(directory);
	snprintf(file, sizeof(file), "%s/runs", directory);
	e2e_env("FORKLAB_FAULT_FILE", file);
	start(&process, "step-remember", "pool", "--point", "370");
	json_t *report = finish(&process, 3);
	const json_t *cell = e2e_only_cell(report);
	assert_string_equal(e2e_text(cell, "verdict"), "broken");
	assert_int_equal(e2e_count(cell, "broken"), 1);
	assert_non_null(strstr(e2e_text(cell, "why"), "point 370 does not reproduce"));
	json_decref(report);
	char *runs = e2e_read(file);
	assert_int_equal(strlen(runs), 2);
	free(runs);
	e2e_remove(directory);
}

static void a_start_that_crashes_is_told(void **state)
{
	(void)state;
	struct e2e_process process;
	struct e2e_result result;
	start(&process, "describe-crash", "pool", NULL, NULL);
	e2e_finish(&process, &result, LIMIT);
	assert_int_equal(result.status, 2);
	assert_string_equal(result.out, "");
	assert_non_null(strstr(result.err, "forklab-run-fault"));
	e2e_free(&result);
}

/* ---- From outside, in the middle of a sweep ---- */

/* How many threads a process has, and the last one that was started. */
static unsigned count_threads(pid_t pid, pid_t *last)
{
	char path[64];
	unsigned count = 0;
	*last = 0;
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	DIR *directory = opendir(path);
	for (struct dirent *entry; directory && (entry = readdir(directory));) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
		count += tid > 0;
		*last = tid > *last ? tid : *last;
	}
	if (directory)
		closedir(directory);
	return count;
}

/*
 * Waits until the sweep is running; returns the runner and its stepped thread, the last of its
 * threads. A runner that is only identified has one thread.
 */
static pid_t find_stepped(const struct e2e_process *process, pid_t *thread)
{
	struct e2e_found runner;
	do
		assert_true(e2e_find_runner(process, &runner));
	while (count_threads(runner.pid, thread) < 3);
	e2e_sleep_ms(300);
	assert_true(count_threads(runner.pid, thread) >= 3);
	return runner.pid;
}

static void a_killed_runner_is_told(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct e2e_process process;
		pid_t thread, runner;
		start(&process, "", "basic", NULL, NULL);
		runner = find_stepped(&process, &thread);
		assert_int_equal(syscall(SYS_tgkill, runner, i % 2 ? thread : runner, SIGKILL), 0);
		json_t *report = finish(&process, 3);
		const json_t *cell = e2e_only_cell(report);
		assert_int_equal(e2e_count(cell, "crash"), 0);
		assert_int_equal(e2e_count(cell, "broken"), 1);
		assert_false(e2e_bool(cell, "complete"));
		assert_non_null(strstr(words_of(cell), "killed from outside"));
		json_decref(report);
	}
}

/* e2e_finish() fails when something is left. */
static void nothing_stays_of_a_killed_sweep(void **state)
{
	(void)state;
	static const int signals[] = {SIGKILL, SIGTERM, SIGINT};
	for (size_t i = 0; i < 3; i++) {
		struct e2e_process process;
		struct e2e_result result;
		pid_t thread;
		start(&process, "", "basic", NULL, NULL);
		find_stepped(&process, &thread);
		assert_int_equal(kill(process.pid, signals[i]), 0);
		e2e_finish(&process, &result, LIMIT);
		assert_int_equal(
			result.status, signals[i] == SIGKILL ? -SIGKILL : 128 + signals[i]);
		e2e_free(&result);
	}
}

/* One that this test continues, and one that forklab must. The same points as without. */
static void a_stopped_runner_goes_on(void **state)
{
	(void)state;
	enum { STOPS = 10 };
	static const char *const same[] = {"points", "tried", "waited", "instructions"};
	struct e2e_process process;
	pid_t thread, runner;
	start(&process, "", "basic", NULL, NULL);
	json_t *report = finish(&process, 0);
	for (int stops = 1; stops <= STOPS; stops += STOPS - 1) {
		start(&process, "", "basic", NULL, NULL);
		runner = find_stepped(&process, &thread);
		for (int i = 0; i < stops && kill(runner, SIGSTOP) == 0; i++)
			e2e_sleep_ms(stops == 1 ? 1000 : 100);
		if (stops == 1)
			assert_int_equal(kill(runner, SIGCONT), 0);
		json_t *stopped = finish(&process, 0);
		for (size_t i = 0; i < 4; i++)
			assert_int_equal(e2e_number(e2e_only_cell(stopped), same[i]),
				e2e_number(e2e_only_cell(report), same[i]));
		assert_string_equal(e2e_text(e2e_only_cell(stopped), "verdict"), "ok");
		json_decref(stopped);
	}
	json_decref(report);
}

/* That sleeps: it is the one point's, the others have no work. False: it has ended. */
static bool find_sleeping(const struct e2e_process *process, struct e2e_found *child)
{
	struct e2e_found again;
	assert_true(e2e_find_child(process, 'S', child));
	e2e_sleep_ms(30);
	return e2e_find_child(process, 'S', &again) && again.pid == child->pid;
}

/* The test stops the child of each of the two runners, and continues it after the deadline. */
static void a_stopped_child_is_not_stuck(void **state)
{
	(void)state;
	struct e2e_process process;
	struct e2e_found child;
	start(&process, "nap", "pool", "--point", "100");
	for (int i = 0; i < 2; i++) {
		while (!find_sleeping(&process, &child))
			continue;
		assert_int_equal(kill(child.pid, SIGSTOP), 0);
		e2e_sleep_ms(2500);
		assert_int_equal(kill(child.pid, SIGCONT), 0);
		while (kill(child.pid, 0) == 0)
			e2e_sleep_ms(5);
	}
	json_t *report = finish(&process, 0);
	assert_int_equal(e2e_count(e2e_only_cell(report), "ok"), 1);
	json_decref(report);
}

/* Nothing continues it, and the budget ends. */
static void a_stopped_child_is_told_at_the_end_of_the_budget(void **state)
{
	(void)state;
	struct e2e_process process;
	struct e2e_found child;
	start(&process, "nap", "pool", "--budget", "4");
	while (!find_sleeping(&process, &child))
		continue;
	assert_int_equal(kill(child.pid, SIGSTOP), 0);
	json_t *report = finish(&process, 0);
	assert_int_equal(e2e_count(e2e_only_cell(report), "unknown"), 1);
	json_decref(report);
}

enum { OTHERS = 10 };

int main(int argc, char **argv)
{
	static struct CMUnitTest tests[EXPECTATIONS + OTHERS] = {
		cmocka_unit_test(the_words_of_each_child_are_heard),
		cmocka_unit_test(a_sequence_that_changes_nothing_is_ok),
		cmocka_unit_test(the_budget_ends_a_thread_that_does_not),
		cmocka_unit_test(the_budget_hides_no_stuck_child),
		cmocka_unit_test(a_shared_lock_is_told),
		cmocka_unit_test(a_loop_that_counts_is_examined_once),
		cmocka_unit_test(a_point_that_does_not_reproduce_is_broken),
		cmocka_unit_test(a_start_that_crashes_is_told),
		cmocka_unit_test(a_killed_runner_is_told),
		cmocka_unit_test(nothing_stays_of_a_killed_sweep),
		cmocka_unit_test(a_stopped_runner_goes_on),
		cmocka_unit_test(a_stopped_child_is_not_stuck),
		cmocka_unit_test(a_stopped_child_is_told_at_the_end_of_the_budget),
	};
	for (size_t i = 0; i < EXPECTATIONS; i++)
		tests[OTHERS + i] = (struct CMUnitTest){
			.name = *expectations[i].fault ? expectations[i].fault : "no fault",
			.test_func = fault_gets_its_verdict,
			.initial_state = (void *)&expectations[i],
		};
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
