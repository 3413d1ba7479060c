/*
 * Slow is not stuck: on a machine with twenty other busy processes, and with children and runners
 * that are stopped for two seconds, an allocator known to be good must not be blamed once.
 */
#include "e2e.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BUSY = 20, STOPPED_MS = 2000, SUSPENDED_MS = 6000 };

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
	e2e_check_controls(report, result->status);
	json_decref(report);
}

/* The controls find nothing that is not there, either. */
static void good_allocator_on_a_busy_machine(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_controls(true);
	e2e_run(&result, E2E_ARGS("stress", "-a", "teach-lockall", "-s", "basic", "-m", "fork",
				 "--trials", "100", "--budget", "900", "--format", "json"));
	e2e_controls(false);
	check_all_ok(&result, 100);
	e2e_free(&result);
}

/*
 * Faults that hang in every child or every fork, one for each way to wait: here nothing depends on
 * the moment of the fork, so every single trial must have the right verdict.
 */
static void every_hang_is_found_on_a_busy_machine(void **state)
{
	(void)state;
	enum { TRIALS = 5 };
	static const struct {
		const char *fault, *verdict, *certainty;
	} known[] = {
		{"hang", "deadlock", "proven"},
		{"hang-threads", "deadlock", "proven"},
		{"spin", "livelock", "proven strong"},
		{"yield", "livelock", "proven strong"},
		{"nap-forever", "livelock", "proven strong"},
		{"timed-forever", "livelock", "strong"},
		{"prepare-hang", "parent-deadlock", "proven"},
		{"prepare-spin", "parent-deadlock", "proven strong"},
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct e2e_result result;
		e2e_env("FORKLAB_FAULT", known[i].fault);
		e2e_run(&result,
			E2E_ARGS("stress", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a",
				"fault", "-s", "basic", "-m", "fork", "--trials", "5", "--deadline",
				deadline, "--budget", "900", "--format", "json"));
		json_t *report = e2e_json(&result);
		const json_t *cell = e2e_only_cell(report);
		if (e2e_count(cell, known[i].verdict) != TRIALS || result.status != 0 ||
			!e2e_is_one_of(
				e2e_text(e2e_finding(cell), "certainty"), known[i].certainty)) {
			char *all = json_dumps(cell, JSON_INDENT(1));
			e2e_fail("%s: %s", known[i].fault, all ? all : "");
		}
		json_decref(report);
		e2e_free(&result);
	}
}

/*
 * Which forks hit a lock is chance, here more than elsewhere; the verdict of those that do is not.
 */
static void nothing_else_is_found_on_a_busy_machine(void **state)
{
	(void)state;
	static const struct {
		const char *allocator, *verdict;
	} known[] = {{"teach-none", "deadlock"}, {"teach-spin", "livelock"},
		{"teach-timed", "livelock"}};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct e2e_result result;
		if (!e2e_has_runner(known[i].allocator))
			continue;
		e2e_run(&result,
			E2E_ARGS("stress", "-a", known[i].allocator, "-s", "basic", "-m", "fork",
				"--trials", "40", "--budget", "900", "--format", "json"));
		json_t *report = e2e_json(&result);
		const json_t *cell = e2e_only_cell(report);
		assert_int_equal(e2e_count(cell, known[i].verdict) + e2e_count(cell, "ok"), 40);
		assert_int_equal(e2e_count(cell, "broken"), 0);
		e2e_check_controls(report, result.status);
		json_decref(report);
		e2e_free(&result);
	}
}

typedef bool find_process(const struct e2e_process *process, struct e2e_found *found);

static bool find_any_child(const struct e2e_process *process, struct e2e_found *found)
{
	return e2e_find_child(process, 0, found);
}

/* False: it had ended before it could be stopped. */
static bool stop_one(const struct e2e_process *process, find_process *find, struct e2e_found *found)
{
	return find_any_child(process, found) && find(process, found) &&
	       kill(found->pid, SIGSTOP) == 0;
}

static bool stop_for_a_while(const struct e2e_process *process, find_process *find)
{
	struct e2e_found found;
	if (!stop_one(process, find, &found) || e2e_ended(process, STOPPED_MS / 1e3))
		return false;
	assert_int_equal(kill(found.pid, SIGCONT), 0);
	return true;
}

/* forklab continues its runner itself: the run ends without this test's help. */
static bool stop_and_leave(const struct e2e_process *process, find_process *find)
{
	struct e2e_found found;
	return stop_one(process, find, &found);
}

/*
 * Stops the child and forklab, which does not see the child's stop: forklab is continued last. Its
 * outer process is stopped as well: it would continue the inner one.
 */
static bool stop_everybody(const struct e2e_process *process, find_process *find)
{
	struct e2e_found child, forklab;
	if (!find(process, &child) || kill(child.pid, SIGSTOP) != 0)
		return false;
	assert_true(e2e_find_inner(process, &forklab));
	assert_int_equal(kill(process->pid, SIGSTOP), 0);
	assert_int_equal(kill(forklab.pid, SIGSTOP), 0);
	bool ended = e2e_ended(process, SUSPENDED_MS / 1e3);
	assert_int_equal(kill(child.pid, SIGCONT), 0);
	assert_int_equal(kill(forklab.pid, SIGCONT), 0);
	assert_int_equal(kill(process->pid, SIGCONT), 0);
	return !ended;
}

typedef bool stop_somebody(const struct e2e_process *process, find_process *find);

/*
 * One trial, whose child stays in the allocator long enough to be stopped there; if this test had
 * to wait for a processor all that time, in one of the next runs. The deadline is far shorter than
 * the stop, which does not count.
 */
static void stop_and_go_on(const char *fault, stop_somebody *stop, find_process *find)
{
	enum { RUNS = 10 };
	bool stopped = false;
	e2e_env("FORKLAB_FAULT", fault);
	for (int run = 0; run < RUNS && !stopped; run++) {
		struct e2e_process process;
		struct e2e_result result;
		e2e_start(&process, E2E_ARGS("stress", "--runners", e2e_directory("FORKLAB_FAULTS"),
					    "-a", "fault", "-s", "basic", "-m", "fork", "--trials",
					    "1", "--deadline", deadline, "--format", "json"));
		stopped = stop(&process, find);
		e2e_finish(&process, &result, 30);
		check_all_ok(&result, 1);
		e2e_free(&result);
	}
	assert_true(stopped);
}

static void stopped_child(void **state)
{
	(void)state;
	static const char *const faults[] = {"nap", "wait-twice", "join-thread", "timer"};
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		stop_and_go_on(faults[i], stop_for_a_while, find_any_child);
	/* This one needs the processor, and others may have it for longer than a second. */
	deadline = "60";
	stop_and_go_on("check-much", stop_for_a_while, find_any_child);
}

static void stopped_child_on_a_busy_machine(void **state)
{
	(void)state;
	stop_and_go_on("join-thread", stop_for_a_while, find_any_child);
}

static void stopped_runner(void **state)
{
	(void)state;
	stop_and_go_on("nap", stop_and_leave, e2e_find_runner);
	stop_and_go_on("join-thread", stop_and_leave, e2e_find_runner);
}

static void suspended_machine(void **state)
{
	(void)state;
	deadline = "5"; /* it needs the processor, too */
	stop_and_go_on("check-much", stop_everybody, find_any_child);
}

int main(void)
{
	const struct CMUnitTest on_busy_machine[] = {
		cmocka_unit_test(good_allocator_on_a_busy_machine),
		cmocka_unit_test(every_hang_is_found_on_a_busy_machine),
		cmocka_unit_test(nothing_else_is_found_on_a_busy_machine),
		cmocka_unit_test(stopped_child_on_a_busy_machine),
	};
	const struct CMUnitTest alone[] = {
		cmocka_unit_test(stopped_runner),
		cmocka_unit_test(stopped_child),
		cmocka_unit_test(suspended_machine),
	};
	int failed = cmocka_run_group_tests(alone, start_alone, NULL);
	return failed + cmocka_run_group_tests(on_busy_machine, start_busy, end_busy);
}
