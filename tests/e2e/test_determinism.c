/*
 * The same sweep twice: the same fork points, counts and windows, also on a busy machine and
 * without the processor's breakpoint registers. And the known results of the real allocators.
 * $FORKLAB_THOROUGH=1 adds the long sequence of all allocators, some minutes.
 */
#include "e2e.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const real[] = {"glibc", "jemalloc", "mimalloc", "tcmalloc", "tcmalloc-minimal"};
enum { REAL = sizeof(real) / sizeof(real[0]), LIST_MAX = 256, BUSY = 6 };

static json_t *reference; /* the first run's report */

/* Those that were built, separated by commas. */
static void list_real(char list[LIST_MAX])
{
	size_t used = 0;
	for (size_t i = 0; i < REAL; i++)
		if (e2e_has_runner(real[i]))
			used += (size_t)snprintf(
				list + used, LIST_MAX - used, "%s%s", used ? "," : "", real[i]);
	assert_true(used > 0);
}

static bool thorough(void)
{
	const char *wish = getenv("FORKLAB_THOROUGH");
	return wish && strcmp(wish, "1") == 0;
}

static json_t *sweep(const char *allocators, const char *scenarios, const char *methods)
{
	struct e2e_process process;
	struct e2e_result result;
	e2e_start(&process, E2E_ARGS("sweep", "-a", allocators, "-s", scenarios, "-m", methods,
				    "--budget", "900", "--format", "json"));
	e2e_finish(&process, &result, 1000);
	assert_int_equal(result.status, 0);
	json_t *report = e2e_json(&result);
	e2e_free(&result);
	return report;
}

/* ---- Comparing ---- */

static void forget(json_t *object, const char *const *keys)
{
	for (; *keys; keys++)
		json_object_del(object, *keys);
}

static bool is_livelock(const json_t *object)
{
	return strcmp(e2e_text(object, "verdict"), "livelock") == 0;
}

/*
 * Removes what depends on chance: times; and where in its loop a livelocked child was seen, and
 * whether its state had recurred by then, which is the proof.
 */
static void forget_chance(json_t *cell)
{
	size_t i;
	json_t *window, *finding = json_object_get(cell, "finding");
	forget(cell, E2E_ARGS("seconds", "latency_ms"));
	if (e2e_count(cell, "livelock") > 0)
		forget(cell, E2E_ARGS("proven"));
	json_array_foreach(json_object_get(cell, "windows"), i, window)
	{
		if (is_livelock(window))
			forget(window, E2E_ARGS("waiter", "lock", "lock_origin", "proven"));
	}
	if (json_is_object(finding) && is_livelock(finding))
		forget(finding,
			E2E_ARGS("certainty", "futex", "lock", "lock_of_application", "lock_origin",
				"by_allocator", "waits_for", "lock_module", "lock_variable",
				"taken_by", "waiter", "pc", "sp", "reasons", "sentence"));
}

static void check_same(json_t *one, json_t *other)
{
	const char *key;
	json_t *value;
	forget_chance(one);
	forget_chance(other);
	json_object_foreach(one, key, value)
	{
		const json_t *again = json_object_get(other, key);
		if (json_equal(value, again))
			continue;
		char *a = json_dumps(value, JSON_ENCODE_ANY),
		     *b = json_dumps(again, JSON_ENCODE_ANY);
		e2e_fail("%s / %s / %s: \"%s\" differs: %.700s and %.700s",
			e2e_text(one, "allocator"), e2e_text(one, "scenario"),
			e2e_text(one, "method"), key, a ? a : "nothing", b ? b : "nothing");
	}
	assert_int_equal(json_object_size(one), json_object_size(other));
}

/* Each cell of the report is in the reference, too, and the same there. */
static void check_against_reference(const json_t *report)
{
	size_t i;
	json_t *cell;
	json_array_foreach(json_object_get(report, "results"), i, cell)
	{
		check_same(e2e_cell(reference, e2e_text(cell, "allocator"),
				   e2e_text(cell, "scenario"), e2e_text(cell, "method")),
			cell);
	}
}

/* ---- The tests ---- */

/* As docs/findings.md has it, by the verdict of the windows. */
static const char *expected(const char *allocator)
{
	if (strcmp(allocator, "mimalloc") == 0)
		return "ok";
	return strncmp(allocator, "tcmalloc", strlen("tcmalloc")) == 0 ? "livelock deadlock"
								       : "deadlock";
}

static void check_finding(const json_t *cell)
{
	const char *allocator = e2e_text(cell, "allocator");
	bool handlers = strcmp(e2e_text(cell, "method"), "fork") == 0;
	const char *verdicts = handlers ? "ok" : expected(allocator);
	size_t windows = json_array_size(json_object_get(cell, "windows"));
	if (!e2e_is_one_of(e2e_text(cell, "verdict"), verdicts))
		e2e_fail("%s under %s: %s", allocator, e2e_text(cell, "method"),
			e2e_text(cell, "verdict"));
	assert_int_equal(windows > 0, strcmp(verdicts, "ok") != 0);
	assert_int_equal(e2e_number(cell, "bad") > 0, windows > 0);
	assert_true(e2e_bool(cell, "complete"));
	assert_true(e2e_count(cell, "ok") > 0);
	assert_int_equal(e2e_count(cell, "broken"), 0);
}

static void real_allocators_are_as_known(void **state)
{
	(void)state;
	size_t i;
	const json_t *cell;
	json_array_foreach(json_object_get(reference, "results"), i, cell) check_finding(cell);
}

static void the_same_again(void **state)
{
	(void)state;
	char list[LIST_MAX];
	list_real(list);
	json_t *report = sweep(list, thorough() ? "basic,pool" : "pool", "fork,_Fork");
	check_against_reference(report);
	assert_int_equal(json_array_size(json_object_get(report, "results")),
		json_array_size(json_object_get(reference, "results")));
	json_decref(report);
}

static void start_busy(pid_t busy[BUSY])
{
	for (int i = 0; i < BUSY; i++) {
		busy[i] = fork();
		assert_true(busy[i] >= 0);
		if (busy[i] > 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (volatile unsigned work = 0;;)
			work++;
	}
}

static void end_busy(const pid_t busy[BUSY])
{
	for (int i = 0; i < BUSY; i++) {
		kill(busy[i], SIGKILL);
		waitpid(busy[i], NULL, 0);
	}
}

static void the_same_on_a_busy_machine(void **state)
{
	(void)state;
	pid_t busy[BUSY];
	start_busy(busy);
	json_t *report = sweep("glibc", "pool", "fork,_Fork");
	json_t *livelocks = e2e_has_runner("tcmalloc") ? sweep("tcmalloc", "pool", "_Fork") : NULL;
	end_busy(busy);
	check_against_reference(report);
	if (livelocks)
		check_against_reference(livelocks);
	json_decref(report);
	json_decref(livelocks);
}

/* How the stepped thread is stopped is no part of the result. */
static void the_same_with_trap_instructions(void **state)
{
	(void)state;
	char list[LIST_MAX];
	list_real(list);
	e2e_env("FORKLAB_BREAKPOINTS", "software");
	json_t *report = sweep(list, "pool", "fork");
	e2e_env("FORKLAB_BREAKPOINTS", NULL);
	check_against_reference(report);
	json_decref(report);
}

static int sweep_first(void **state)
{
	(void)state;
	char list[LIST_MAX];
	list_real(list);
	reference = sweep(list, thorough() ? "basic,pool" : "pool", "fork,_Fork");
	return 0;
}

static int forget_first(void **state)
{
	(void)state;
	json_decref(reference);
	return 0;
}

/* ---- The machine ---- */

/* "the sequence has only 2588 fork points": found by stepping, without any fork. */
static json_t *lengths(void)
{
	struct e2e_result result;
	json_t *all = json_array();
	size_t i;
	const json_t *cell;
	e2e_run(&result, E2E_ARGS("sweep", "-a", "glibc", "-s", "basic,churn", "-m", "_Fork",
				 "--budget", "300", "--point", "9999999", "--format", "json"));
	json_t *report = e2e_json(&result);
	e2e_free(&result);
	json_array_foreach(json_object_get(report, "results"), i, cell)
	{
		assert_non_null(strstr(e2e_text(cell, "why"), "the sequence has only "));
		assert_int_equal(json_array_append(all, json_object_get(cell, "why")), 0);
	}
	assert_true(json_array_size(all) > 0);
	json_decref(report);
	return all;
}

static void assert_same_lengths(const json_t *expected, const char *where)
{
	json_t *got = lengths();
	if (!json_equal(expected, got))
		e2e_fail("%s: %s, and without: %s", where, json_dumps(got, 0),
			json_dumps(expected, 0));
	json_decref(got);
}

/* As on a machine with eight processors, for libc; in a mount namespace of its own. */
static bool have_eight_processors(void)
{
	static const char online[] = "/sys/devices/system/cpu/online";
	e2e_write(e2e_in_home("online"), "0-7\n");
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount(e2e_in_home("online"), online, NULL, MS_BIND, NULL) == 0;
}

/* The limit of the stack decides where mappings lie, the number of processors how many arenas. */
static void the_limits_and_the_processors_do_not_matter(void **state)
{
	(void)state;
	struct rlimit stack, unlimited;
	json_t *expected = lengths();
	assert_int_equal(getrlimit(RLIMIT_STACK, &stack), 0);
	unlimited = stack;
	unlimited.rlim_cur = RLIM_INFINITY;
	if (stack.rlim_max == RLIM_INFINITY && setrlimit(RLIMIT_STACK, &unlimited) == 0)
		assert_same_lengths(expected, "without a limit of the stack");
	assert_int_equal(setrlimit(RLIMIT_STACK, &stack), 0);
	if (have_eight_processors())
		assert_same_lengths(expected, "with eight processors");
	json_decref(expected);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_allocators_are_as_known),
		cmocka_unit_test(the_same_again),
		cmocka_unit_test(the_same_with_trap_instructions),
		cmocka_unit_test(the_same_on_a_busy_machine),
		cmocka_unit_test_setup_teardown(the_limits_and_the_processors_do_not_matter,
			e2e_make_home, e2e_remove_home),
	};
	return E2E_MAIN(argc, argv, tests, sweep_first, forget_first);
}
