/*
 * Slow is not stuck: on a machine with twenty busy processes beside, and with children and runners
 * that somebody stops for two seconds, an allocator that is known to be good must not be blamed
 * once.
 */
#include "e2e.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BUSY = 20, STOPPED_MS = 2000 };

static pid_t busy[BUSY];
static const char *deadline; /* seconds */

/* Far shorter than a stop, which does not count. */
static int start_alone(void **state)
{
	(void)state;
	deadline = "1";
	return 0;
}

static int start_busy(void **state)
{
	(void)state;
	deadline = "60"; /* honest work takes ten times longer, too */
	pid_t test = getpid();
	for (int i = 0; i < BUSY; i++) {
		busy[i] = fork();
		if (busy[i] != 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == test)
			for (volatile int spin = 0; spin < 1000 * 1000; spin++)
				;
		_exit(0);
	}
	return 0;
}

static int end_busy(void **state)
{
	(void)state;
	for (int i = 0; i < BUSY; i++)
		if (busy[i] > 0) {
			kill(busy[i], SIGKILL);
			waitpid(busy[i], NULL, 0);
		}
	return 0;
}

/* All trials were ok, and there were that many of them. */
static void check_all_ok(const struct e2e_result *result, json_int_t trials)
{
	json_t *report = e2e_json(result);
	const json_t *cell = e2e_only_cell(report);
	if (e2e_count(cell, "ok") != trials || e2e_number(cell, "bad") != 0) {
		char *all = json_dumps(cell, JSON_INDENT(1));
		e2e_fail("a good allocator was blamed, or trials are missing: %s", all ? all : "");
	}
	assert_int_equal(e2e_count(cell, "broken"), 0);
	json_decref(report);
}

static void good_allocator_on_a_busy_machine(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("stress", "-a", "teach-lockall", "-s", "basic", "-m", "fork",
				 "--trials", "100", "--budget", "150", "--format", "json"));
	/* The controls ran on the same machine: all known answers were found there, too. */
	assert_int_equal(result.status, 0);
	check_all_ok(&result, 100);
	e2e_free(&result);
}

static void known_answers_on_a_busy_machine(void **state)
{
	(void)state;
	static const struct {
		const char *allocator, *verdict;
	} known[] = {{"teach-none", "deadlock"}, {"teach-spin", "livelock"},
		{"teach-timed", "livelock"}};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		struct e2e_result result;
		e2e_run(&result,
			E2E_ARGS("stress", "-a", known[i].allocator, "-s", "basic", "-m", "fork",
				"--trials", "40", "--budget", "150", "--format", "json"));
		json_t *report = e2e_json(&result);
		const json_t *cell = e2e_only_cell(report);
		assert_string_equal(e2e_text(cell, "verdict"), known[i].verdict);
		assert_int_equal(e2e_count(cell, known[i].verdict) + e2e_count(cell, "ok"), 40);
		json_decref(report);
		e2e_free(&result);
	}
}

typedef bool find_process(const struct e2e_process *process, struct e2e_found *found);

static bool find_any_child(const struct e2e_process *process, struct e2e_found *found)
{
	return e2e_find_child(process, 0, found);
}

/*
 * One trial, whose child takes its time within the allocator: long enough to be caught there. The
 * deadline is far shorter than the stop, which does not count.
 */
static void stop_and_go_on(const char *fault, find_process *find)
{
	struct e2e_process process;
	struct e2e_result result;
	struct e2e_found found;
	e2e_env("FORKLAB_FAULT", fault);
	e2e_start(&process, E2E_ARGS("stress", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a",
				    "fault", "-s", "basic", "-m", "fork", "--trials", "1",
				    "--deadline", deadline, "--format", "json"));
	assert_true(find_any_child(&process, &found));
	assert_true(find(&process, &found));
	assert_int_equal(kill(found.pid, SIGSTOP), 0);
	/* It must be there still, or this test stopped nothing. */
	assert_false(e2e_ended(&process, STOPPED_MS / 1e3));
	assert_int_equal(kill(found.pid, SIGCONT), 0);
	e2e_finish(&process, &result, 10);
	assert_true(result.seconds * 1e3 > STOPPED_MS);
	check_all_ok(&result, 1);
	e2e_free(&result);
}

static void stopped_child(void **state)
{
	(void)state;
	static const char *const faults[] = {
		"nap", "wait-twice", "join-thread", "timer", "check-much"};
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
		stop_and_go_on(faults[i], find_any_child);
}

static void stopped_child_on_a_busy_machine(void **state)
{
	(void)state;
	stop_and_go_on("join-thread", find_any_child);
}

static void stopped_runner(void **state)
{
	(void)state;
	stop_and_go_on("nap", e2e_find_runner);
	stop_and_go_on("join-thread", e2e_find_runner);
}

int main(void)
{
	const struct CMUnitTest on_busy_machine[] = {
		cmocka_unit_test(good_allocator_on_a_busy_machine),
		cmocka_unit_test(known_answers_on_a_busy_machine),
		cmocka_unit_test(stopped_child_on_a_busy_machine),
	};
	const struct CMUnitTest alone[] = {
		cmocka_unit_test(stopped_child),
		cmocka_unit_test(stopped_runner),
	};
	int failed = cmocka_run_group_tests(alone, start_alone, NULL);
	return failed + cmocka_run_group_tests(on_busy_machine, start_busy, end_busy);
}
