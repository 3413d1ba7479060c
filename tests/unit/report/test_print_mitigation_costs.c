/* Rows with a mitigation, and its cost. */
#include "report_fixture.h"

#include "run_tables.h"

#include <jansson.h>
#include <locale.h>

/* Gives the cell its cure. */
static void mitigation(struct cell *cell)
{
	fill(cell->mitigation, sizeof(cell->mitigation), "quiesce");
	(void)snprintf(cell->subject, sizeof(cell->subject), "%.32s +quiesce", cell->allocator);
}

static void measure(struct cell *cell)
{
	mitigation(cell);
	cell->cost = (struct mitigation_cost){
		.measured = true,
		.with = {411000, 200, 7800, 15900},
		.without = {427000, 256, 236, 1570},
	};
}

/* The first row of each method's table with a cure, the first of all measured. */
static int make_cured(void **state)
{
	(void)make_report(state);
	for (size_t i = 0; i < CELLS; i++)
		if (i / 4 % 3 == 0)
			mitigation(&cells[i]);
	measure(&cells[0]);
	return 0;
}

static void figures_stand_beside_their_multiples(void **state)
{
	char words[MITIGATION_COST_MAX];
	(void)state;
	mitigation_cost_format(words, &cells[0], MITIGATION_COST_CELL);
	assert_string_equal(words, "glibc +quiesce / basic / fork()");
	mitigation_cost_format(words, &cells[0], MITIGATION_COST_OPERATIONS);
	assert_string_equal(words, "411 k/s (× 0.96)");
	mitigation_cost_format(words, &cells[0], MITIGATION_COST_FORK_MEDIAN);
	assert_string_equal(words, "7.80 ms (× 33)");
	mitigation_cost_format(words, &cells[0], MITIGATION_COST_FORK_MAX);
	assert_string_equal(words, "15.9 ms (× 10)");
	cells[0].cost.with = (struct speed){.operations_per_s = 12345678, .fork_max_us = 999.6};
	mitigation_cost_format(words, &cells[0], MITIGATION_COST_OPERATIONS);
	assert_string_equal(words, "12.3 M/s (× 29)");
	mitigation_cost_format(words, &cells[0], MITIGATION_COST_FORK_MEDIAN);
	assert_string_equal(words, "-");
	mitigation_cost_format(words, &cells[0], MITIGATION_COST_FORK_MAX);
	assert_string_equal(words, "1.00 ms (× 0.64)");
	cells[0].cost.without = (struct speed){0};
	mitigation_cost_format(words, &cells[0], MITIGATION_COST_OPERATIONS);
	assert_string_equal(words, "-");
}

static void cured_rows_are_rows_of_their_own(void **state)
{
	char *text;
	(void)state;
	fill(cells[0].subject, sizeof(cells[0].subject), "");
	fill(cells[0].mitigation, sizeof(cells[0].mitigation), "");
	text = print_as(OUTPUT_TEXT, &(struct print_options){.utf8 = true});
	assert_holds(text, "\nglibc ");
	assert_holds(text, "\nglibc +quiesce ");
	free(text);
}

static void people_read_it_at_every_width(void **state)
{
	static const unsigned widths[] = {0, 40, 80, 120, 300};
	(void)state;
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		char *text = print_as(
			OUTPUT_TEXT, &(struct print_options){.width = widths[i], .utf8 = true});
		flatten(text);
		assert_holds(text, "What the cure costs");
		assert_holds(text, "411 k/s (× 0.96)");
		assert_holds(text, "The cure has no effect under _Fork():");
		free(text);
	}
}

static void nothing_is_said_without_a_cure(void **state)
{
	char *text;
	(void)make_report(state);
	text = print_as(OUTPUT_TEXT, &(struct print_options){.utf8 = true});
	assert_lacks(text, "cure");
	free(text);
	text = print_as(OUTPUT_MARKDOWN, &(struct print_options){.utf8 = true});
	assert_lacks(text, "cure");
	free(text);
}

static void markdown_has_it(void **state)
{
	char *text = print_as(OUTPUT_MARKDOWN, &(struct print_options){.utf8 = true});
	(void)state;
	assert_holds(text, "## What the cure costs");
	assert_holds(text, "| glibc +quiesce / basic / fork() | 411 k/s (× 0.96) |");
	free(text);
}

static void json_has_it(void **state)
{
	char *text = print_as(OUTPUT_JSON, &(struct print_options){.utf8 = true});
	json_t *root = json_loads(text, 0, NULL);
	const json_t *results = json_object_get(root, "results");
	const json_t *first = json_array_get(results, 0), *last = json_array_get(results, 5);
	const json_t *with = json_object_get(json_object_get(first, "cost"), "with");
	(void)state;
	assert_string_equal(json_string_value(json_object_get(first, "allocator")), "glibc");
	assert_string_equal(json_string_value(json_object_get(first, "cure")), "quiesce");
	assert_int_equal(json_integer_value(json_object_get(with, "forks")), 200);
	assert_string_equal(json_string_value(json_object_get(last, "cure")), "none");
	assert_true(json_is_null(json_object_get(last, "cost")));
	json_decref(root);
	free(text);
}

static void csv_has_it(void **state)
{
	char *text = print_as(OUTPUT_CSV, &(struct print_options){.utf8 = true});
	(void)state;
	assert_holds(text, ",cure,operations_per_s,operations_per_s_without,");
	assert_holds(text, ",quiesce,411000,427000,7800,236,15900,1570,");
	assert_holds(text, ",none,,,,,,,");
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(figures_stand_beside_their_multiples, make_cured),
		cmocka_unit_test_setup(cured_rows_are_rows_of_their_own, make_cured),
		cmocka_unit_test_setup(people_read_it_at_every_width, make_cured),
		cmocka_unit_test_setup(nothing_is_said_without_a_cure, make_cured),
		cmocka_unit_test_setup(markdown_has_it, make_cured),
		cmocka_unit_test_setup(json_has_it, make_cured),
		cmocka_unit_test_setup(csv_has_it, make_cured),
	};
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
