/* Names, order and severity of the verdicts, as in docs/verdicts.md. */
#include "verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* From good to worst: what a cell shows of several trials is the later one. */
static const struct {
	enum verdict verdict;
	const char *name;
	bool bad;
} ranked[] = {
	{VERDICT_OK, "ok", false},
	{VERDICT_SKIPPED, "skipped", false},
	{VERDICT_BROKEN, "broken", false},
	{VERDICT_REFUSED, "refused", true},
	{VERDICT_UNKNOWN, "unknown", true},
	{VERDICT_LIVELOCK, "livelock", true},
	{VERDICT_DEADLOCK, "deadlock", true},
	{VERDICT_PARENT_DEADLOCK, "parent-deadlock", true},
	{VERDICT_CRASH, "crash", true},
	{VERDICT_CORRUPTION, "corruption", true},
};
enum { RANKED = sizeof(ranked) / sizeof(ranked[0]) };

static void every_verdict_is_ranked(void **state)
{
	(void)state;
	assert_int_equal(RANKED, VERDICT_COUNT);
}

static void every_verdict_has_its_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < RANKED; i++) {
		assert_string_equal(verdict_name(ranked[i].verdict), ranked[i].name);
	}
}

static void severity_follows_the_ranking(void **state)
{
	(void)state;
	assert_int_equal(verdict_severity(VERDICT_OK), 0);
	for (size_t i = 1; i < RANKED; i++)
		assert_true(verdict_severity(ranked[i].verdict) >
			    verdict_severity(ranked[i - 1].verdict));
}

static void badness_is_held_against_the_allocator_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < RANKED; i++)
		assert_int_equal(verdict_is_bad(ranked[i].verdict), ranked[i].bad);
}

static void a_value_out_of_range_is_broken(void **state)
{
	(void)state;
	assert_string_equal(verdict_name(VERDICT_COUNT), "broken");
	assert_string_equal(verdict_name((enum verdict) - 1), "broken");
	assert_false(verdict_is_bad((enum verdict)1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_verdict_is_ranked),
		cmocka_unit_test(every_verdict_has_its_name),
		cmocka_unit_test(severity_follows_the_ranking),
		cmocka_unit_test(badness_is_held_against_the_allocator_only),
		cmocka_unit_test(a_value_out_of_range_is_broken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
