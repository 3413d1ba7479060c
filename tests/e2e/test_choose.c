/*
 * The choice: an allocator that hangs is out, whatever its costs, and only measured allocators are
 * recommended. Which of two good allocators is better depends on the machine and is not tested.
 */
#include "e2e.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA "forklab-choose/1"

/* teach-none hangs at hundreds of fork points; teach-lockall never does. */
static void who_hangs_is_out(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("choose", "--server", "prefork", "-a", "teach-none,teach-lockall",
				 "--heap", "1M", "--threads", "2", "--rounds", "2", "--budget",
				 "600", "--format", "json"));
	json_t *report = e2e_json_of(&result, SCHEMA);
	e2e_free(&result);
	const json_t *bad = e2e_of_allocator(report, "choices", "teach-none"),
		     *good = e2e_of_allocator(report, "choices", "teach-lockall");
	assert_true(e2e_bool(bad, "out"));
	assert_true(json_is_null(json_object_get(bad, "rank")));
	assert_non_null(strstr(e2e_text(bad, "gate"), "deadlock in "));
	assert_non_null(strstr(e2e_text(bad, "command"), "forklab sweep -a teach-none"));
	assert_false(e2e_bool(good, "out"));
	assert_int_equal(e2e_number(good, "rank"), 1);
	assert_non_null(strstr(
		e2e_text(report, "recommendation"), "teach-lockall is the only one of these"));
	json_decref(report);
}

static void nothing_good_is_no_recommendation(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("choose", "--server", "snapshot", "-a", "teach-none", "--heap",
				 "1M", "--threads", "1", "--rounds", "1", "--budget", "600"));
	assert_non_null(strstr(result.out, "None of these can be recommended"));
	assert_non_null(strstr(result.out, "teach-none is out: deadlock in "));
	assert_null(strstr(result.out, "LD_PRELOAD"));
	e2e_free(&result);
}

/* Costs that were measured before; the safety check runs again. */
static void costs_come_from_a_file(void **state)
{
	(void)state;
	char directory[E2E_PATH_MAX], path[E2E_PATH_MAX + 16];
	struct e2e_result result;
	e2e_temporary(directory);
	snprintf(path, sizeof(path), "%s/cost.json", directory);
	e2e_run(&result, E2E_ARGS("cost", "-a", "teach-none,teach-reinit", "--server", "prefork",
				 "--threads", "2", "--heap", "1M", "--rounds", "2", "--budget",
				 "600", "--format", "json", "-o", path));
	assert_int_equal(result.status, 0);
	e2e_free(&result);
	e2e_run(&result, E2E_ARGS("choose", "--server", "prefork", "--from", path, "--threads", "2",
				 "--heap", "1M", "--budget", "600", "--format", "json"));
	json_t *report = e2e_json_of(&result, SCHEMA);
	e2e_free(&result);
	assert_int_equal(json_array_size(json_object_get(report, "choices")), 2);
	assert_true(e2e_bool(e2e_of_allocator(report, "choices", "teach-none"), "out"));
	assert_false(e2e_bool(e2e_of_allocator(report, "choices", "teach-reinit"), "out"));
	assert_string_equal(e2e_text(report, "from"), path);
	json_decref(report);
	e2e_run(&result, E2E_ARGS("choose", "--server", "pool", "--from", path, "--threads", "2",
				 "--heap", "1M"));
	assert_int_equal(result.status, 2);
	assert_non_null(
		strstr(result.err, "the file has no figures for a pool server; measure them"));
	e2e_free(&result);
	e2e_remove(directory);
}

static void mistakes_are_told_in_one_sentence(void **state)
{
	(void)state;
	char directory[E2E_PATH_MAX], path[E2E_PATH_MAX + 16], other[E2E_PATH_MAX + 16];
	e2e_temporary(directory);
	snprintf(path, sizeof(path), "%s/cost.json", directory);
	e2e_write(path, "{\"schema\":\"forklab-cost/1\",\"resu");
	snprintf(other, sizeof(other), "%s/other.json", directory);
	e2e_write(other, "{\"schema\":\"forklab-cost/1\",\"host\":{\"kernel\":6}}");
	const struct {
		const char *args[10], *says;
	} mistakes[] = {
		{{"choose"}, "choose needs to know what for: --server prefork, snapshot or pool"},
		{{"choose", "--server", "prefrok"}, "did you mean 'prefork'?"},
		{{"choose", "--server", "pool", "--threads", "0"},
			"at least one background thread"},
		{{"choose", "--server", "pool", "--threads", "1,2"}, "one number of --threads"},
		{{"choose", "--server", "pool", "--heap", "1024G"}, "does not fit"},
		{{"choose", "--server", "pool", "--weight", "speed"}, "--weight"},
		{{"choose", "--server", "pool", "--from", path}, "it cannot be read"},
		{{"choose", "--server", "pool", "--from", "/nowhere"}, "it cannot be read"},
		{{"choose", "--server", "pool", "--from", other},
			"/other.json: host.kernel: expected a text of 0 to 4096 bytes, not 6; "},
		{{"choose", "--server", "pool", "--format", "csv"}, "choose has no format 'csv'"},
		{{"choose", "--server", "snapshot", "--port", "5000"},
			"--port is for the servers that listen"},
		{{"cost", "--port", "5000"}, "--port is for the servers that listen"},
		{{"cost", "--server", "pool", "--port", "65536"}, "from 1 to 65,535, not '65536'"},
		{{"run", "--server", "pool"}, "--server belongs to the commands cost and choose"},
	};
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct e2e_result result;
		e2e_run(&result, mistakes[i].args);
		if (!strstr(result.err, mistakes[i].says))
			e2e_fail("expected '%s', got: %s", mistakes[i].says, result.err);
		assert_int_equal(result.status, 2);
		assert_string_equal(result.out, "");
		e2e_free(&result);
	}
	e2e_remove(directory);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_hangs_is_out),
		cmocka_unit_test(nothing_good_is_no_recommendation),
		cmocka_unit_test(costs_come_from_a_file),
		cmocka_unit_test(mistakes_are_told_in_one_sentence),
	};
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
