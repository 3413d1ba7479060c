/* Which of a stress and a sweep result counts, and how they relate. */
#include "result.h"
#include "sweep_report_fixture.h"

static int make_pairs(void **state)
{
	(void)make_sweep_report(state);
	return results_build(&report);
}

static int free_pairs(void **state)
{
	(void)state;
	results_free(&report);
	return 0;
}

static void cells_find_each_other(void **state)
{
	(void)state;
	assert_int_equal(report.results.count, SWEEP_RESULTS);
	for (size_t i = 0; i < SWEEP_RESULTS; i++) {
		assert_ptr_equal(report.results.result[i].stress, stress_of(i));
		assert_ptr_equal(report.results.result[i].sweep, sweep_of(i));
	}
}

static void one_mode_makes_single_pairs(void **state)
{
	(void)state;
	keep_mode(true);
	assert_int_equal(results_build(&report), 0);
	assert_int_equal(report.results.count, SWEEP_RESULTS);
	for (size_t i = 0; i < SWEEP_RESULTS; i++) {
		assert_null(report.results.result[i].stress);
		assert_int_equal(result_relation(&report.results.result[i]), RESULT_SINGLE);
		assert_ptr_equal(result_deciding_cell(&report.results.result[i]), &cells[i]);
		assert_null(result_other_cell(&report.results.result[i]));
	}
}

static void every_relation_has_its_decision(void **state)
{
	static const struct {
		enum result_relation relation;
		bool sweep; /* decides */
	} expected[SWEEP_RESULTS] = {
		{RESULT_STRESS_MISSED, true},
		{RESULT_AGREE, true},
		{RESULT_AGREE, true},
		{RESULT_SWEEP_MISSED, false},
		{RESULT_AGREE, true},
		{RESULT_NO_SWEEP, false},
		{RESULT_NO_SWEEP, false},
		{RESULT_AGREE, true},
	};

	(void)state;
	for (size_t i = 0; i < SWEEP_RESULTS; i++) {
		const struct result *result = &report.results.result[i];
		assert_int_equal(result_relation(result), expected[i].relation);
		assert_ptr_equal(result_deciding_cell(result),
			expected[i].sweep ? sweep_of(i) : stress_of(i));
		assert_ptr_equal(
			result_other_cell(result), expected[i].sweep ? stress_of(i) : sweep_of(i));
	}
}

static void the_worse_of_two_bad_ones_counts(void **state)
{
	(void)state;
	make_crash(stress_of(0), 3);
	assert_int_equal(result_relation(&report.results.result[0]), RESULT_DIFFER);
	assert_ptr_equal(result_deciding_cell(&report.results.result[0]), stress_of(0));
	stress_of(0)->verdict = VERDICT_LIVELOCK;
	assert_int_equal(result_relation(&report.results.result[0]), RESULT_DIFFER);
	assert_ptr_equal(result_deciding_cell(&report.results.result[0]), sweep_of(0));
}

static void who_was_not_judged_does_not_count(void **state)
{
	(void)state;
	make_skipped(stress_of(2), "no time");
	assert_int_equal(result_relation(&report.results.result[2]), RESULT_NO_STRESS);
	assert_ptr_equal(result_deciding_cell(&report.results.result[2]), sweep_of(2));
	/* Neither was: what is broken must not go unseen. */
	make_skipped(stress_of(6), "no time");
	assert_ptr_equal(result_deciding_cell(&report.results.result[6]), sweep_of(6));
	/* One broken point spoils a sweep of which nothing bad is known, but not a finding. */
	sweep_of(2)->verdict = VERDICT_BROKEN;
	assert_false(result_cell_judged(sweep_of(2)));
	assert_true(result_cell_judged(sweep_of(0)));
	assert_false(result_cell_judged(sweep_of(5)));
	/* A fork that waited at every point was judged. */
	set_points(sweep_of(2), 0, 30, 0);
	assert_true(result_cell_judged(sweep_of(2)));
}

static void all_is_said_of_what_is_complete(void **state)
{
	(void)state;
	assert_true(result_sweep_complete(sweep_of(0)));
	assert_true(result_sweep_complete(sweep_of(1)));
	assert_true(result_sweep_complete(sweep_of(2)));
	assert_false(result_sweep_complete(sweep_of(4)));
	assert_false(result_sweep_complete(sweep_of(5)));
	assert_false(result_sweep_complete(sweep_of(6)));
	assert_false(result_sweep_complete(sweep_of(7)));
	sweep_of(1)->count[VERDICT_BROKEN] = 1;
	assert_false(result_sweep_complete(sweep_of(1)));
	assert_int_equal(result_points_tested(sweep_of(1)), 952);
	assert_int_equal(result_points_tested(sweep_of(7)), 900);
}

#define PAIR_TEST(name) cmocka_unit_test_setup_teardown(name, make_pairs, free_pairs)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR_TEST(cells_find_each_other),
		PAIR_TEST(one_mode_makes_single_pairs),
		PAIR_TEST(every_relation_has_its_decision),
		PAIR_TEST(the_worse_of_two_bad_ones_counts),
		PAIR_TEST(who_was_not_judged_does_not_count),
		PAIR_TEST(all_is_said_of_what_is_complete),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
