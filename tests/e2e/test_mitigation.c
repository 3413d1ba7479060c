/*
 * The mitigation --cure quiesce: what it prevents, at every single fork point and in random forks;
 * what it cannot prevent; and that the same checks find a broken mitigation.
 */
#include "points.h"

#include <stdio.h>
#include <string.h>

static const char GATE_LOCK[] = "the mitigation's lock";

static json_t *run(struct e2e_result *result, const char *const *args)
{
	e2e_run(result, args);
	return e2e_json(result);
}

/* The cell of that name with that cure; it must be there. Borrowed. */
static json_t *cell_with(
	const json_t *report, const char *allocator, const char *mitigation, const char *method)
{
	size_t i;
	json_t *cell;
	json_array_foreach(json_object_get(report, "results"), i,
		cell) if (strcmp(e2e_text(cell, "allocator"), allocator) == 0 &&
			  strcmp(e2e_text(cell, "cure"), mitigation) == 0 &&
			  strcmp(e2e_text(cell, "method"), method) == 0) return cell;
	e2e_fail("no cell %s, %s, %s", allocator, mitigation, method);
}

static void check_verdict(const json_t *cell, const char *verdict)
{
	if (strcmp(e2e_text(cell, "verdict"), verdict) != 0) {
		char *all = json_dumps(cell, JSON_INDENT(1));
		e2e_fail("not %s: %s", verdict, all ? all : "");
	}
}

static void check_complete(const json_t *cell)
{
	assert_true(e2e_bool(cell, "complete"));
	assert_int_equal(e2e_number(cell, "left_out"), 0);
	assert_int_equal(e2e_count(cell, "broken"), 0);
}

/* Nothing bad at any point, and forks that waited: for the thread that was inside. */
static void check_cured(const json_t *cell)
{
	check_verdict(cell, "ok");
	check_complete(cell);
	assert_int_equal(e2e_number(cell, "bad"), 0);
	assert_true(e2e_number(cell, "waited") > 0);
	assert_true(e2e_count(cell, "ok") > 0);
}

static void check_bad(const json_t *cell, const char *verdict)
{
	check_verdict(cell, verdict);
	check_complete(cell);
	assert_true(e2e_count(cell, verdict) > 0);
}

/* ---- What it costs ---- */

static double real(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	if (!json_is_number(value))
		e2e_fail("%s is no number", key);
	return json_number_value(value);
}

static void check_speed(const json_t *speed)
{
	assert_true(real(speed, "operations_per_s") > 0);
	assert_true(e2e_number(speed, "forks") > 0);
	assert_true(real(speed, "fork_median_us") > 0);
	assert_true(real(speed, "fork_max_us") >= real(speed, "fork_median_us"));
}

/* That there are figures, on both sides; how large they are depends on the machine. */
static void check_cost(const json_t *with, const json_t *without)
{
	const json_t *cost = json_object_get(with, "cost");
	check_speed(json_object_get(cost, "with"));
	check_speed(json_object_get(cost, "without"));
	assert_true(json_is_null(json_object_get(without, "cost")));
}

/* ---- Sweeps ---- */

static const struct known_hang {
	const char *allocator, *verdict;
} known[] = {
	{"teach-none", "deadlock"},
	{"teach-forgot", "deadlock"},
	{"teach-spin", "livelock"},
};
enum { KNOWN = sizeof(known) / sizeof(known[0]) };

static void sweep_is_clean_with_it_and_bad_without(void **state)
{
	(void)state;
	struct e2e_result result;
	json_t *report =
		run(&result, E2E_ARGS("sweep", "-a", "teach-none,teach-forgot,teach-spin", "-s",
				     "pool", "-m", "fork,_Fork", "--cure", "none,quiesce",
				     "--budget", "900", "--format", "json"));
	for (size_t i = 0; i < KNOWN; i++) {
		const char *allocator = known[i].allocator, *verdict = known[i].verdict;
		check_bad(cell_with(report, allocator, "none", "fork"), verdict);
		check_bad(cell_with(report, allocator, "none", "_Fork"), verdict);
		check_cured(cell_with(report, allocator, "quiesce", "fork"));
		check_bad(cell_with(report, allocator, "quiesce", "_Fork"), verdict);
		check_cost(cell_with(report, allocator, "quiesce", "fork"),
			cell_with(report, allocator, "none", "fork"));
	}
	json_decref(report);
	e2e_free(&result);
}

/* The longest sequence, with the thread's end. */
static void long_sweep_is_clean_with_it(void **state)
{
	(void)state;
	struct e2e_result result;
	json_t *report =
		run(&result, E2E_ARGS("sweep", "-a", "teach-none", "-s", "basic", "-m", "fork",
				     "--cure", "quiesce", "--budget", "900", "--format", "json"));
	check_cured(cell_with(report, "teach-none", "quiesce", "fork"));
	json_decref(report);
	e2e_free(&result);
}

/* Handlers of two forks at the same time: the worker is stepped through its own. */
static void sweep_of_concurrent_forks_is_clean(void **state)
{
	(void)state;
	struct e2e_result result;
	json_t *report = run(&result,
		E2E_ARGS("sweep", "-a", "teach-none,teach-lockall,glibc", "-s", "concurrent", "-m",
			"fork", "--cure", "quiesce", "--budget", "900", "--format", "json"));
	check_cured(cell_with(report, "teach-none", "quiesce", "fork"));
	check_cured(cell_with(report, "teach-lockall", "quiesce", "fork"));
	check_cured(cell_with(report, "glibc", "quiesce", "fork"));
	json_decref(report);
	e2e_free(&result);
}

/*
 * The known result of a point. The gate is held while the worker is inside, where a fork waits; and
 * also at the point where the worker has left and the waiting fork goes on.
 */
static bool is_as_it_must(const struct point *point, bool waited_before)
{
	bool waits = strcmp(point->outcome, "waited") == 0;
	bool held = points_held(point, GATE_LOCK);
	bool locks =
		points_held(point, "teach bins lock") || points_held(point, "teach chunks lock");
	if (waits)
		return held;
	return !locks && (!held || waited_before) && strcmp(point->verdict, "ok") == 0;
}

/* Point by point, without tolerance. */
static void fork_waits_exactly_while_the_gate_is_passed(void **state)
{
	(void)state;
	char directory[E2E_PATH_MAX], list[E2E_PATH_MAX + 16];
	struct e2e_result result;
	struct points points;
	size_t inside = 0, outside = 0;
	e2e_temporary(directory);
	snprintf(list, sizeof(list), "%s/points", directory);
	json_decref(
		run(&result, E2E_ARGS("sweep", "-a", "teach-none", "-s", "pool", "-m", "fork",
				     "--cure", "quiesce", "--points", list, "--format", "json")));
	points_read(&points, list);
	for (size_t i = 0; i < points.count; i++) {
		const struct point *point = &points.point[i];
		bool before = i > 0 && strcmp(points.point[i - 1].outcome, "waited") == 0;
		if (!is_as_it_must(point, before))
			e2e_fail("%s", points_describe(point));
		inside += strcmp(point->outcome, "waited") == 0;
		outside += strcmp(point->outcome, "tried") == 0;
	}
	assert_true(inside > 0);
	assert_true(outside > 0);
	points_free(&points);
	e2e_free(&result);
	e2e_remove(directory);
}

/* What it cannot prevent, but causes: a thread that waits for itself. */
static void handler_that_forks_waits_for_itself(void **state)
{
	(void)state;
	struct e2e_result result;
	json_t *report = run(&result, E2E_ARGS("sweep", "-a", "teach-none", "-s", "signal", "-m",
					      "fork", "--cure", "quiesce", "--format", "json"));
	const json_t *cell = cell_with(report, "teach-none", "quiesce", "fork");
	check_bad(cell, "parent-deadlock");
	assert_int_equal(e2e_number(cell, "proven"), e2e_number(cell, "bad"));
	assert_string_equal(e2e_text(e2e_finding(cell), "lock"), GATE_LOCK);
	assert_non_null(strstr(e2e_text(e2e_finding(cell), "command"), " --cure quiesce"));
	json_decref(report);
	e2e_free(&result);
}

/* ---- Random forks ---- */

static void stress_is_clean_with_it(void **state)
{
	(void)state;
	struct e2e_result result;
	json_t *report =
		run(&result, E2E_ARGS("stress", "-a", "teach-none,teach-forgot,teach-spin", "-s",
				     "basic,concurrent,pool", "-m", "fork", "--cure", "quiesce",
				     "--trials", "100", "--budget", "900", "--format", "json"));
	size_t i;
	json_t *cell;
	json_array_foreach(json_object_get(report, "results"), i, cell)
	{
		check_verdict(cell, "ok");
		assert_int_equal(e2e_number(cell, "trials"), 100);
	}
	assert_int_equal(i, 9);
	e2e_check_controls(report, result.status);
	json_decref(report);
	e2e_free(&result);
}

/* The same forks without it, until one is hit: most of the aimed ones are. */
static void stress_is_bad_without_it(void **state)
{
	enum { ROUNDS = 20 };
	static const char *const ways[][2] = {{"none", "fork"}, {"quiesce", "_Fork"}};
	(void)state;
	for (size_t way = 0; way < 2; way++) {
		json_int_t bad = 0;
		for (int round = 1; bad == 0 && round <= ROUNDS; round++) {
			char seed[16];
			struct e2e_result result;
			snprintf(seed, sizeof(seed), "%d", round);
			json_t *report = run(
				&result, E2E_ARGS("stress", "-a", "teach-none", "-s", "basic", "-m",
						 ways[way][1], "--cure", ways[way][0], "--trials",
						 "40", "--seed", seed, "--format", "json"));
			bad = e2e_count(e2e_only_cell(report), "deadlock");
			json_decref(report);
			e2e_free(&result);
		}
		assert_true(bad > 0);
	}
}

/* ---- The table ---- */

static void table_says_it(void **state)
{
	static const char *const formats[] = {"text", "markdown"};
	static const char *const words[] = {"teach-none +quiesce", "What the cure costs",
		"The cure has no effect under", "--cure quiesce"};
	(void)state;
	for (size_t f = 0; f < 2; f++) {
		struct e2e_result result;
		e2e_run(&result, E2E_ARGS("sweep", "-a", "teach-none", "-s", "pool", "--cure",
					 "quiesce", "--format", formats[f]));
		for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++)
			if (!strstr(result.out, words[w]))
				e2e_fail("%s does not say \"%s\":\n%s", formats[f], words[w],
					result.out);
		e2e_free(&result);
	}
}

/* ---- Planted faults ---- */

static json_t *run_broken(struct e2e_result *result, const char *allocator)
{
	return run(result,
		E2E_ARGS("sweep", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a", allocator,
			"-s", "pool", "-m", "fork", "--cure", "quiesce", "--format", "json"));
}

static void cure_that_holds_nobody_off_is_found(void **state)
{
	(void)state;
	struct e2e_result result;
	json_t *report = run_broken(&result, "fault-cure-open");
	const json_t *cell = e2e_only_cell(report);
	check_bad(cell, "deadlock");
	assert_int_equal(e2e_number(cell, "waited"), 0);
	assert_non_null(strstr(e2e_text(e2e_finding(cell), "lock"), "teach"));
	json_decref(report);
	e2e_free(&result);
}

static void cure_that_keeps_the_child_out_is_found(void **state)
{
	(void)state;
	struct e2e_result result;
	json_t *report = run_broken(&result, "fault-cure-keeps");
	const json_t *cell = e2e_only_cell(report);
	check_bad(cell, "deadlock");
	assert_int_equal(e2e_count(cell, "ok"), 0);
	assert_string_equal(e2e_text(e2e_finding(cell), "lock"), GATE_LOCK);
	json_decref(report);
	e2e_free(&result);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sweep_is_clean_with_it_and_bad_without),
		cmocka_unit_test(long_sweep_is_clean_with_it),
		cmocka_unit_test(sweep_of_concurrent_forks_is_clean),
		cmocka_unit_test(fork_waits_exactly_while_the_gate_is_passed),
		cmocka_unit_test(handler_that_forks_waits_for_itself),
		cmocka_unit_test(stress_is_clean_with_it),
		cmocka_unit_test(stress_is_bad_without_it),
		cmocka_unit_test(table_says_it),
		cmocka_unit_test(cure_that_holds_nobody_off_is_found),
		cmocka_unit_test(cure_that_keeps_the_child_out_is_found),
	};
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
