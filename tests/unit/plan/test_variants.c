/* Other ways of linking an allocator are shown where they make a difference, and only there. */
#include "variants.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CELLS = 6 };

static struct catalogue_allocator known[] = {
	{.name = "a"},
	{.name = "a-archive", .variant_of = "a"},
	{.name = "a-static", .variant_of = "a"},
};
static const struct catalogue catalogue = {.allocators = 3, .allocator = known};
static struct cell cells[CELLS];
static struct report report;

static void put(size_t i, const char *allocator, enum fork_method method, enum verdict verdict)
{
	struct cell *cell = &cells[i];
	*cell = (struct cell){.mode = CELL_SWEEP, .verdict = verdict, .trials = 1};
	snprintf(cell->allocator, sizeof(cell->allocator), "%s", allocator);
	snprintf(cell->scenario, sizeof(cell->scenario), "basic");
	cell->method = method;
	cell->count[verdict] = 1;
	cell->sweep.points = cell->sweep.tried = 1;
	cell->sweep.window = calloc(1, sizeof(*cell->sweep.window));
}

static int make(void **state)
{
	(void)state;
	put(0, "a", METHOD_FORK, VERDICT_OK);
	put(1, "a-archive", METHOD_FORK, VERDICT_OK);
	put(2, "a-static", METHOD_FORK, VERDICT_OK);
	put(3, "a", METHOD__FORK, VERDICT_DEADLOCK);
	put(4, "a-archive", METHOD__FORK, VERDICT_DEADLOCK);
	put(5, "a-static", METHOD__FORK, VERDICT_DEADLOCK);
	report = (struct report){.cells = CELLS, .cell = cells};
	return 0;
}

static int drop(void **state)
{
	(void)state;
	for (size_t i = 0; i < report.cells; i++)
		free(cells[i].sweep.window);
	return 0;
}

static void set(size_t i, enum verdict verdict)
{
	memset(cells[i].count, 0, sizeof(cells[i].count));
	cells[i].verdict = verdict;
	cells[i].count[verdict] = 1;
}

static void no_difference_no_row(void **state)
{
	(void)state;
	assert_int_equal(variants_fold(&report, &catalogue), 0);
	assert_int_equal(report.cells, 2);
	assert_string_equal(cells[0].allocator, "a");
	assert_string_equal(cells[1].allocator, "a");
	assert_string_equal(report.folded, "a-archive, a-static");
}

static void one_other_verdict_keeps_all_its_cells(void **state)
{
	(void)state;
	set(4, VERDICT_OK);
	assert_int_equal(variants_fold(&report, &catalogue), 0);
	assert_int_equal(report.cells, 4);
	assert_string_equal(cells[1].allocator, "a-archive");
	assert_string_equal(cells[3].allocator, "a-archive");
	assert_string_equal(report.folded, "a-static");
}

static void what_is_broken_stays(void **state)
{
	(void)state;
	cells[2].count[VERDICT_BROKEN] = 1;
	assert_int_equal(variants_fold(&report, &catalogue), 0);
	assert_string_equal(report.folded, "a-archive");
}

static void what_was_not_judged_is_no_difference(void **state)
{
	(void)state;
	set(5, VERDICT_SKIPPED);
	cells[5].trials = 0;
	assert_int_equal(variants_fold(&report, &catalogue), 0);
	assert_string_equal(report.folded, "a-archive, a-static");
}

/* The allocator itself may be missing, or was not asked for. */
static void without_its_allocator_it_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < CELLS; i += 3)
		snprintf(cells[i].allocator, sizeof(cells[i].allocator), "b");
	assert_int_equal(variants_fold(&report, &catalogue), 0);
	assert_int_equal(report.cells, CELLS);
	assert_string_equal(report.folded, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_difference_no_row, make, drop),
		cmocka_unit_test_setup_teardown(one_other_verdict_keeps_all_its_cells, make, drop),
		cmocka_unit_test_setup_teardown(what_is_broken_stays, make, drop),
		cmocka_unit_test_setup_teardown(what_was_not_judged_is_no_difference, make, drop),
		cmocka_unit_test_setup_teardown(without_its_allocator_it_stays, make, drop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
