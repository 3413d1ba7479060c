/* Which points of long runs of stores are tested. */
#include "store_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What many different instructions store is no run. */
static void ordinary_code_is_tried_whole(void **state)
{
	struct store_run store_run = {0};
	(void)state;
	for (uint64_t pc = 1; pc < 5000; pc++) {
		assert_false(store_run_ends(&store_run, pc));
		assert_true(store_run_sample(&store_run, pc));
	}
}

/* More instructions in turn than a loop of stores has. */
static void a_large_loop_is_tried_whole(void **state)
{
	struct store_run store_run = {0};
	(void)state;
	for (unsigned i = 0; i < 5000; i++)
		assert_true(store_run_sample(&store_run, 1 + i % (STORE_RUN_PCS + 1)));
}

static void a_small_loop_is_sampled(void **state)
{
	struct store_run store_run = {0};
	unsigned tried = 0;
	(void)state;
	for (unsigned i = 0; i <= STORE_RUN_WHOLE; i++)
		assert_true(store_run_sample(&store_run, 1 + i % 2));
	for (unsigned i = 0; i < 100 * STORE_RUN_NTH; i++) {
		assert_false(store_run_ends(&store_run, 1 + i % 2));
		tried += store_run_sample(&store_run, 1 + i % 2);
	}
	assert_in_range(tried, 99, 101);
}

static struct store_run long_run(unsigned points)
{
	struct store_run store_run = {0};
	for (unsigned i = 0; i < points; i++)
		store_run_sample(&store_run, 7);
	return store_run;
}

/* Its last point is owed, exactly once, and only if it was left out. */
static void the_last_point_is_tried(void **state)
{
	struct store_run store_run = long_run(STORE_RUN_WHOLE + STORE_RUN_NTH / 2);
	(void)state;
	assert_false(store_run_ends(&store_run, 7));
	assert_true(store_run_ends(&store_run, 8));
	assert_false(store_run_ends(&store_run, 8));
	assert_true(store_run_sample(&store_run, 8));
	store_run = long_run(STORE_RUN_WHOLE / 2);
	assert_false(store_run_ends(&store_run, 8));
}

/* After something else the same loop starts again. */
static void a_new_run_is_tried_whole(void **state)
{
	struct store_run store_run = long_run(3 * STORE_RUN_WHOLE);
	(void)state;
	for (uint64_t pc = 100; pc < 100 + STORE_RUN_PCS; pc++)
		assert_true(store_run_sample(&store_run, pc));
	for (unsigned i = 0; i < STORE_RUN_WHOLE; i++)
		assert_true(store_run_sample(&store_run, 7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_code_is_tried_whole),
		cmocka_unit_test(a_large_loop_is_tried_whole),
		cmocka_unit_test(a_small_loop_is_sampled),
		cmocka_unit_test(the_last_point_is_tried),
		cmocka_unit_test(a_new_run_is_tried_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
