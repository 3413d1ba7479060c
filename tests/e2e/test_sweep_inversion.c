/*
 * Neither the forking thread nor the stepped one can go on: a worker takes two locks in one order,
 * the handler in front of the fork in the other.
 */
#include "e2e.h"

#include <stdlib.h>
#include <string.h>

static bool tells_of_the_worker(const json_t *finding)
{
	size_t i;
	json_t *reason;
	json_array_foreach(json_object_get(finding, "reasons"), i, reason)
	{
		if (strstr(json_string_value(reason), "the stepped thread waits for"))
			return true;
	}
	return false;
}

static void both_sides_are_proven_stuck(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_env("FORKLAB_FAULT", "inversion");
	e2e_run(&result, E2E_ARGS("sweep", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a",
				 "fault", "-s", "basic", "-m", "fork", "--format", "json"));
	json_t *report = e2e_json(&result);
	const json_t *cell = e2e_only_cell(report);
	const json_t *finding = e2e_finding(cell);
	assert_int_equal(result.status, 0);
	assert_string_equal(e2e_text(cell, "verdict"), "parent-deadlock");
	assert_int_equal(e2e_count(cell, "parent-deadlock"), 1);
	assert_int_equal(e2e_number(cell, "proven"), 1);
	assert_true(e2e_bool(finding, "in_parent"));
	assert_true(tells_of_the_worker(finding));
	/* The points in front of it at which the handler waited, and went through. */
	assert_true(e2e_number(cell, "waited") > 0);
	/* It could not go on, and must not claim that it did. */
	assert_false(e2e_bool(cell, "complete"));
	json_decref(report);
	e2e_free(&result);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(both_sides_are_proven_stuck)};
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
