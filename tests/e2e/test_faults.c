/*
 * Allocators with planted faults: each has its verdict, forklab survives all of them, and no
 * process is left. They are in tests/faults: one program, whose fault is chosen by the environment.
 */
#include "e2e.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fault_expectation {
	const char *fault;
	const char *must;      /* verdicts that occur, separated by blanks; */
	const char *may;       /* beside: only these */
	int status;            /* of forklab */
	bool parent;           /* the finding is the parent's, not the child's */
	const char *certainty; /* of a livelock: `proven` is looked for until it occurs */
	const char *says;      /* part of the finding's sentence */
};

static const struct fault_expectation expectations[] = {
	/* The allocator without any fault. */
	{"", "ok", "", 0, false, "", ""},

	/* Ends of all kinds. */
	{"exit-silently", "crash", "", 0, false, "none", "without a message"},
	{"exit-too-early", "crash", "", 0, false, "none", "in the middle of its work"},
	{"exit-message", "refused", "", 0, false, "none", "no multithreaded fork here"},
	{"exit-at-once", "crash", "", 0, false, "none", "in malloc"},
	{"exit-message-success", "refused", "", 0, false, "none", "may not go on"},
	{"no-check", "broken", "", 3, false, "none", "no check ran"},
	{"abort", "crash", "", 0, false, "none", "aborted"},
	{"abort-message", "corruption", "", 0, false, "none", "corrupted top size"},
	{"abort-flood", "crash", "", 0, false, "none", "the last word"},
	{"segv", "crash", "", 0, false, "none", "killed by a signal"},
	{"usr1", "crash", "", 0, false, "none", "killed by a signal"},
	{"kill-child", "broken", "", 3, false, "none", "killed from outside"},
	{"kill-runner", "broken", "", 3, true, "none", "killed from outside"},
	{"prepare-crash", "crash", "", 0, true, "none", "killed by a signal"},
	{"parent-crash", "crash", "", 0, true, "none", "killed by a signal"},
	{"parent-crash-later", "crash", "ok", 0, true, "none", "killed by a signal"},
	{"parent-exit", "crash", "ok", 0, true, "none", "in the middle of its work"},
	{"start-crash", "broken", "", 3, true, "none", "before its first trial"},
	{"start-exit", "broken", "", 3, true, "none", "before its first trial"},

	/* Forever. */
	{"hang", "deadlock", "", 0, false, "proven", "blocked forever"},
	{"hang-threads", "deadlock", "", 0, false, "proven", "blocked forever"},
	{"spin", "livelock", "", 0, false, "proven", ""},
	{"yield", "livelock", "", 0, false, "proven", ""},
	{"spin-thread", "livelock", "", 0, false, "proven", ""},
	{"yield-thread", "livelock", "", 0, false, "proven", ""},
	{"nap-forever", "livelock", "", 0, false, "proven", ""},
	{"timed-forever", "livelock", "", 0, false, "strong", ""},
	{"own-pipe", "deadlock", "", 0, false, "proven", "read(2) of descriptor"},
	{"own-eventfd", "deadlock", "", 0, false, "proven", "poll(2)"},
	{"own-epoll", "deadlock", "", 0, false, "proven", "epoll_wait(2)"},
	{"stuck-child", "deadlock", "", 0, false, "proven", "blocked forever"},
	{"pause", "deadlock", "", 0, false, "proven", "pause(2)"},
	{"count-spins", "livelock", "", 0, false, "strong", ""},
	{"back-off", "livelock", "", 0, false, "strong", ""},
	{"poll-forever", "livelock", "", 0, false, "proven", ""},

	/* Perhaps not forever: something outside may end the wait. */
	{"shared-pipe", "unknown", "", 0, false, "none", "read(2) of descriptor"},
	{"socket", "unknown", "", 0, false, "none", "a socket"},
	{"sigwait", "unknown", "", 0, false, "none", "rt_sigtimedwait(2)"},
	{"pi-owner", "unknown", "", 0, false, "none", "no progress"},
	{"shared-word", "unknown", "", 0, false, "none", "no progress"},

	{"prepare-hang", "parent-deadlock", "", 0, true, "proven", "in fork()"},
	{"prepare-spin", "parent-deadlock", "", 0, true, "proven", "in fork()"},
	{"parent-hang", "parent-deadlock", "", 0, true, "proven", "in fork()"},
	{"parent-hang-later", "parent-deadlock", "ok", 0, true, "proven", "the parent in malloc"},
	/* First the child, and before the trial is over the parent as well. */
	{"both-hang", "parent-deadlock", "deadlock", 0, true, "proven", "the parent in malloc"},

	/* Slow is not stuck. */
	{"nap", "ok", "", 0, false, "", ""},
	{"nap-often", "ok", "", 0, false, "", ""},
	{"poll-word", "ok", "", 0, false, "", ""},
	{"wait-twice", "ok", "", 0, false, "", ""},
	{"compute", "ok", "", 0, false, "", ""},
	{"compute-on-stack", "ok", "", 0, false, "", ""},
	{"check-much", "ok", "", 0, false, "", ""},
	{"join-thread", "ok", "", 0, false, "", ""},
	{"timer", "ok", "", 0, false, "", ""},
	{"alarm", "ok", "", 0, false, "", ""},
	{"alarm-spin", "ok", "", 0, false, "", ""},
	{"same-memory", "ok", "", 0, false, "", ""},
	{"prepare-nap", "ok", "", 0, false, "", ""},
	{"fork-and-wait", "ok", "", 0, false, "", ""},

	/* Stopped: nobody continues a child that has stopped itself, but forklab does its runner.
	 */
	{"stop-myself", "unknown", "", 0, false, "none", "the child is stopped"},
	{"stop-runner", "ok", "", 0, false, "", ""},
	{"prepare-stop", "ok", "", 0, false, "", ""},
	{"parent-stop", "ok", "", 0, false, "", ""},
	{"start-stop", "ok", "", 0, false, "", ""},
	{"start-stop-forklab", "ok", "", 0, false, "", ""},

	/* Flight. */
	{"setsid", "deadlock", "", 0, false, "proven", "blocked forever"},
	{"ignore-signals", "livelock", "", 0, false, "proven", ""},
	{"close-fds", "deadlock", "", 0, false, "proven", "blocked forever"},
	{"fork-again", "unknown", "", 0, false, "none", "left a process behind"},
	{"fork-again-hang", "deadlock", "", 0, false, "proven", "blocked forever"},
	{"fork-many", "unknown", "", 0, false, "none", "left a process behind"},
	{"run-away", "unknown", "", 0, false, "none", "left a process behind"},

	/* Damage. */
	{"null", "refused", "", 0, false, "none", "returned NULL"},
	{"overlap", "corruption", "", 0, false, "none", "did not hold its pattern"},
	{"misalign", "corruption", "", 0, false, "none", "not aligned"},
	{"misalign-always", "ok", "", 0, false, "", ""},
	{"misalign-worse", "corruption", "", 0, false, "none", "not aligned"},
	{"misalign-hang", "deadlock", "", 0, false, "proven", "blocked forever"},
	{"not-zero", "corruption", "", 0, false, "none", "not zero"},
	{"eat-memory", "broken", "", 3, false, "none", "more than 96 MiB resident: a limit of"},
	{"start-eat-memory", "broken", "", 3, true, "none", "more than 96 MiB resident"},
	{"reserve-memory", "ok", "", 0, false, "", ""},

	/*
	 * The shared page itself: whatever the verdict of that trial, the runner is not trusted any
	 * more.
	 */
	{"scribble-ones", "broken", "", 3, false, "none", ""},
	{"scribble-zeros", "broken", "ok crash", 3, false, "none", ""},
	{"scribble-small", "broken", "corruption crash", 3, false, "none", ""},
	{"scribble-random", "broken", "crash", 3, false, "none", ""},
	{"scribble-forever", "broken", "", 3, false, "none", ""},
	{"scribble-parent", "broken", "crash", 3, false, "none", ""},
};
enum { EXPECTATIONS = sizeof(expectations) / sizeof(expectations[0]), TRIALS = 3 };

/*
 * Enough for the slowest fault, and far below the budget: no run may end only because it was cut.
 */
static const double LIMIT = 200;

static void start_trials(
	struct e2e_process *process, const char *fault, const char *deadline, const char *trials)
{
	e2e_env("FORKLAB_FAULT", fault);
	e2e_start(process,
		E2E_ARGS("stress", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a", "fault",
			"-s", "basic", "-m", "fork", "--trials", trials, "--deadline", deadline,
			"--budget", "600", "--memory", "96M", "--format", "json"));
}

static void start(struct e2e_process *process, const char *fault, const char *deadline)
{
	start_trials(process, fault, deadline, "3");
}

/* Fails with everything that is known. */
static _Noreturn void wrong(
	const struct fault_expectation *expected, const json_t *cell, const char *what)
{
	char *all = json_dumps(cell, JSON_INDENT(1));
	e2e_fail("%s: %s: %s", expected->fault, what, all ? all : "");
}

static void check_counts(const struct fault_expectation *expected, const json_t *cell)
{
	json_int_t sum = 0;
	for (size_t v = 0; v < E2E_VERDICTS; v++) {
		json_int_t count = e2e_count(cell, e2e_verdict[v]);
		bool must = e2e_is_one_of(e2e_verdict[v], expected->must);
		sum += count;
		if (must && !count)
			wrong(expected, cell, "a verdict is missing");
		if (count && !must && !e2e_is_one_of(e2e_verdict[v], expected->may))
			wrong(expected, cell, "a verdict that must not be");
	}
	/*
	 * A runner that never reaches its trials is given up after one; so is one whose child has
	 * overwritten the page before forklab has read the first trial from it.
	 */
	bool whole = strncmp(expected->fault, "start-", strlen("start-")) != 0 &&
		     strncmp(expected->fault, "scribble-", strlen("scribble-")) != 0;
	if (sum > TRIALS || (whole && sum != TRIALS))
		wrong(expected, cell, "trials are missing");
	if (e2e_bool(cell, "cut"))
		wrong(expected, cell, "it was cut short");
}

/* Stepping takes processor time: on a busy machine the strong evidence may be there first. */
static bool may_be_strong(const struct fault_expectation *expected)
{
	return strcmp(expected->fault, "prepare-spin") == 0 ||
	       e2e_is_one_of("livelock", expected->must);
}

static void check_finding(const struct fault_expectation *expected, const json_t *cell)
{
	const json_t *finding = e2e_finding(cell);
	if (e2e_is_one_of(e2e_text(finding, "verdict"), expected->may))
		return;
	if (e2e_bool(finding, "in_parent") != expected->parent)
		wrong(expected, cell, "parent or child?");
	const char *certainty = e2e_text(finding, "certainty");
	if (strcmp(certainty, expected->certainty) != 0 &&
		!(may_be_strong(expected) && strcmp(certainty, "strong") == 0))
		wrong(expected, cell, "another certainty");
	if (!strstr(e2e_text(finding, "sentence"), expected->says))
		wrong(expected, cell, "another sentence");
	/* The output of the process under test must not reach the terminal unfiltered. */
	for (const char *c = e2e_text(finding, "sentence"); *c; c++)
		if (*c < ' ' || *c > '~')
			wrong(expected, cell, "a control character");
}

/* Each trial of these takes the whole deadline. */
static bool waits_for_others(const struct fault_expectation *expected)
{
	return e2e_is_one_of(expected->fault, "shared-pipe socket sigwait pi-owner shared-word");
}

/* How many of its trials were proven. */
static json_int_t run_fault(const struct fault_expectation *expected)
{
	struct e2e_process process;
	struct e2e_result result;
	start(&process, expected->fault, waits_for_others(expected) ? "2" : "10");
	e2e_finish(&process, &result, LIMIT);
	json_t *report = e2e_json(&result);
	const json_t *cell = e2e_only_cell(report);
	check_counts(expected, cell);
	if (strcmp(e2e_text(cell, "verdict"), "ok") != 0)
		check_finding(expected, cell);
	if (result.status != expected->status)
		wrong(expected, cell, "another exit status");
	assert_false(e2e_bool(report, "partial"));
	json_int_t proven = e2e_number(cell, "proven");
	json_decref(report);
	e2e_free(&result);
	return proven;
}

/* Until there was a proof, if there must be one: where a third of the trials has one, all 60 miss
 * it with a probability of 3e-11. */
static void fault_gets_its_verdict(void **state)
{
	enum { RUNS = 20 };
	const struct fault_expectation *expected = *state;
	bool wanted = strcmp(expected->certainty, "proven") == 0;
	json_int_t proven = run_fault(expected);
	for (int run = 1; wanted && !proven && run < RUNS; run++)
		proven = run_fault(expected);
	if (wanted && !proven)
		e2e_fail("%s: none of %d trials was proven", expected->fault, RUNS * TRIALS);
}

/* ---- Faults that need a test of their own ---- */

/*
 * This test stops as many children as other runs have trials, and continues each after twice the
 * deadline. On a busy machine it does not catch every child in its nap, so there are more.
 */
static void a_stop_from_outside_is_not_stuck(void **state)
{
	(void)state;
	struct e2e_process process;
	struct e2e_result result;
	struct e2e_found child;
	unsigned stopped = 0;
	start_trials(&process, "nap", "1", "12");
	while (stopped < TRIALS && e2e_find_child(&process, 'S', &child)) {
		if (kill(child.pid, SIGSTOP) != 0)
			continue;
		stopped++;
		e2e_sleep_ms(2000);
		assert_int_equal(kill(child.pid, SIGCONT), 0);
		while (kill(child.pid, 0) == 0)
			e2e_sleep_ms(5);
	}
	e2e_finish(&process, &result, LIMIT);
	json_t *report = e2e_json(&result);
	assert_int_equal(e2e_count(e2e_only_cell(report), "ok"), 12);
	assert_int_equal(stopped, TRIALS);
	json_decref(report);
	e2e_free(&result);
}

static void start_that_hangs_is_broken(void **state)
{
	(void)state;
	struct e2e_process process;
	struct e2e_result result;
	start(&process, "start-hang", "10");
	e2e_finish(&process, &result, LIMIT);
	json_t *report = e2e_json(&result);
	const json_t *cell = e2e_only_cell(report);
	assert_string_equal(e2e_text(cell, "verdict"), "broken");
	assert_non_null(strstr(e2e_text(cell, "why"), "never reached its first trial"));
	assert_int_equal(result.status, 3);
	json_decref(report);
	e2e_free(&result);
}

/*
 * A runner that cannot identify itself is not measured. An unknown fault is one of these. That
 * somebody kills it is nobody's mistake on the command line.
 */
static void silent_runner_is_no_runner(void **state)
{
	(void)state;
	static const struct {
		const char *fault;
		int status;
		const char *says;
	} silent[] = {
		{"describe-crash", 2, "forklab-run-fault"},
		{"describe-hang", 2, "forklab-run-fault"},
		{"no-such-fault", 2, "forklab-run-fault"},
		{"describe-killed", 3, "was killed while it told its scenarios"},
	};
	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
		struct e2e_process process;
		struct e2e_result result;
		start(&process, silent[i].fault, "10");
		e2e_finish(&process, &result, LIMIT);
		assert_int_equal(result.status, silent[i].status);
		assert_string_equal(result.out, "");
		assert_non_null(strstr(result.err, silent[i].says));
		e2e_free(&result);
	}
}

static void garbage_stays_outside(void **state)
{
	(void)state;
	struct e2e_process process;
	struct e2e_result result;
	start(&process, "garbage-version", "10");
	e2e_finish(&process, &result, LIMIT);
	json_t *report = e2e_json(&result);
	const char *version = e2e_text(e2e_only_cell(report), "version");
	assert_string_equal(version, "?[31m???,\"|<b>`*");
	assert_int_equal(result.status, 0);
	json_decref(report);
	e2e_free(&result);
}

/*
 * The allocator is in order; a lock of the application is held at every fork. In random forks that
 * is too rare to wait for: a thread that waits for the allocator in fork() does not hold the
 * logger's lock.
 */
static void application_is_told_from_allocator(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_env("FORKLAB_FAULT", "logger-held");
	e2e_run(&result, E2E_ARGS("stress", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a",
				 "fault", "-s", "logger", "-m", "fork", "--trials", "10",
				 "--budget", "600", "--format", "json"));
	json_t *report = e2e_json(&result);
	const json_t *cell = e2e_only_cell(report), *finding = e2e_finding(cell);
	assert_int_equal(e2e_count(cell, "deadlock"), 10);
	assert_int_equal(e2e_number(cell, "proven"), 10);
	assert_string_equal(e2e_text(finding, "lock"), "the logger's mutex");
	assert_true(e2e_bool(finding, "lock_of_application"));
	assert_true(e2e_number(finding, "owner_tid") > 0);
	json_decref(report);
	e2e_free(&result);
}

/*
 * In many trials in a row, each is charged with what its own child left behind, however far ahead
 * the runner is.
 */
static void every_orphan_is_told(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_env("FORKLAB_FAULT", "fork-again");
	e2e_run(&result, E2E_ARGS("stress", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a",
				 "fault", "-s", "basic", "-m", "fork", "--workers", "0", "--trials",
				 "100", "--budget", "600", "--format", "json"));
	json_t *report = e2e_json(&result);
	assert_int_equal(e2e_count(e2e_only_cell(report), "unknown"), 100);
	json_decref(report);
	e2e_free(&result);
}

/* The same for output: what one child printed must not be taken for another's. */
static void every_word_is_heard(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_env("FORKLAB_FAULT", "abort-message");
	e2e_run(&result, E2E_ARGS("stress", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a",
				 "fault", "-s", "basic", "-m", "fork", "--workers", "0", "--trials",
				 "300", "--budget", "600", "--format", "json"));
	json_t *report = e2e_json(&result);
	assert_int_equal(e2e_count(e2e_only_cell(report), "corruption"), 300);
	json_decref(report);
	e2e_free(&result);
}

/* An allocator that misaligns blocks without any fork: told once, with size and alignment. */
static void usual_misalignment_is_a_note(void **state)
{
	static const char note[] = "fault misaligns blocks, also without any fork";
	(void)state;
	struct e2e_result result;
	const char *faults = e2e_directory("FORKLAB_FAULTS");
	e2e_env("FORKLAB_FAULT", "misalign-always");
	e2e_run(&result, E2E_ARGS("run", "--details", "--runners", faults, "-a", "fault", "-s",
				 "basic,pool", "-m", "fork", "--trials", "2", "--budget", "600"));
	const char *told = strstr(result.out, note);
	assert_non_null(told);
	assert_null(strstr(told + 1, note));
	e2e_free(&result);
	e2e_run(&result, E2E_ARGS("stress", "--runners", faults, "-a", "fault", "-s", "basic", "-m",
				 "fork", "--trials", "2", "--format", "json"));
	json_t *report = e2e_json(&result);
	const json_t *cell = e2e_cell(report, "fault", "basic", "fork");
	const json_t *misaligned = json_object_get(cell, "misaligned");
	assert_int_equal(json_array_size(misaligned), 1);
	assert_string_equal(e2e_text(json_array_get(misaligned, 0), "call"), "malloc");
	assert_int_equal(e2e_number(json_array_get(misaligned, 0), "required"), 16);
	assert_int_equal(e2e_number(json_array_get(misaligned, 0), "actual"), 8);
	assert_true(e2e_number(json_array_get(misaligned, 0), "size") < 64);
	json_decref(report);
	e2e_free(&result);
}

/* These use so much of the machine that no other test runs at the same time: a separate test. */
#define GREEDY "fork-many run-away eat-memory start-eat-memory"

enum { OTHERS = 8 };

static size_t add_faults(struct CMUnitTest *tests, bool greedy)
{
	size_t count = 0;
	for (size_t i = 0; i < EXPECTATIONS; i++) {
		const char *fault = expectations[i].fault;
		if (e2e_is_one_of(fault, GREEDY) == greedy)
			tests[count++] = (struct CMUnitTest){
				.name = *fault ? fault : "no fault",
				.test_func = fault_gets_its_verdict,
				.initial_state = (void *)&expectations[i],
			};
	}
	return count;
}

/* With the argument "greedy": the greedy faults, which are left out otherwise. */
int main(int argc, char **argv)
{
	static struct CMUnitTest tests[OTHERS + EXPECTATIONS] = {
		cmocka_unit_test(a_stop_from_outside_is_not_stuck),
		cmocka_unit_test(start_that_hangs_is_broken),
		cmocka_unit_test(silent_runner_is_no_runner),
		cmocka_unit_test(garbage_stays_outside),
		cmocka_unit_test(application_is_told_from_allocator),
		cmocka_unit_test(every_orphan_is_told),
		cmocka_unit_test(every_word_is_heard),
		cmocka_unit_test(usual_misalignment_is_a_note),
	};
	if (argc > 1 && strcmp(argv[1], "greedy") == 0)
		return e2e_main(1, argv, tests, add_faults(tests, true), NULL, NULL);
	size_t count = OTHERS + add_faults(tests + OTHERS, false);
	return e2e_main(argc, argv, tests, count, NULL, NULL);
}
