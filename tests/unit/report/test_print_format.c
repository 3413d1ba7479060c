/* The words and numbers that the formats for people share. */
#include "format.h"
#include "sweep_report_fixture.h"
#include "utf8.h"

#include <locale.h>
#include <math.h>

static void percents_are_rounded_up_to_two_digits(void **state)
{
	static const struct {
		double rate;
		const char *words;
	} cases[] = {
		{0, "0 %"},
		{1, "100 %"},
		{0.005973, "0.6 %"},
		{0.0074613, "0.75 %"},
		{0.0295130, "3 %"},
		{0.0075, "0.75 %"},
		{0.00750001, "0.76 %"},
		{0.1, "10 %"},
		{0.0999, "10 %"},
		{0.12345, "13 %"},
		{0.991, "100 %"},
		{0.00000029957, "0.00003 %"},
		{NAN, "0 %"},
	};
	char words[FORMAT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		format_percent(words, sizeof(words), cases[i].rate);
		assert_string_equal(words, cases[i].words);
	}
}

static void summaries_tell_every_verdict(void **state)
{
	char words[FORMAT_MAX];
	(void)state;
	format_summary(words, sizeof(words), &cells[0]);
	assert_string_equal(words, "ok");
	cells[1].count[VERDICT_CRASH] = 2;
	cells[1].count[VERDICT_BROKEN] = 1;
	cells[1].proven = 30;
	format_summary(words, sizeof(words), &cells[1]);
	assert_string_equal(
		words, "crash in 2 of 400 trials, deadlock in 37 (30 of 37 proven); 1 more broken");
	cells[1].proven = 0;
	cells[1].count[VERDICT_BROKEN] = 0;
	format_summary(words, sizeof(words), &cells[1]);
	assert_string_equal(
		words, "crash in 2 of 400 trials, deadlock in 37 (strong evidence, no proof)");
}

static void sweeps_are_counted_in_points(void **state)
{
	char words[FORMAT_MAX];
	(void)state;
	format_summary(words, sizeof(words), sweep_of(1));
	assert_string_equal(words, "deadlock at 44 of 952 points (proven)");
	sweep_of(1)->count[VERDICT_LIVELOCK] = 1;
	sweep_of(1)->count[VERDICT_BROKEN] = 3;
	format_summary(words, sizeof(words), sweep_of(1));
	assert_string_equal(words,
		"deadlock at 44 of 952 points, livelock at 1 (44 of 45 proven); 3 more broken");
	format_bad_counts(words, sizeof(words), sweep_of(1));
	assert_string_equal(words, "45 of 952 points");
	format_windows(words, sizeof(words), sweep_of(1));
	assert_string_equal(words, "12 windows");
	format_windows(words, sizeof(words), sweep_of(0));
	assert_string_equal(words, "1 window");
	format_bad_counts(words, sizeof(words), sweep_of(6));
	assert_string_equal(words, "");
	sweep_of(2)->trials = 0;
	assert_string_equal(format_verdict(sweep_of(2)), "ok");
	sweep_of(2)->sweep.points = 0;
	sweep_of(2)->sweep.complete = false;
	assert_string_equal(format_verdict(sweep_of(2)), "not run");
	/* The whole sequence, and nothing in it that a child inherits changes. */
	sweep_of(2)->sweep.complete = true;
	assert_string_equal(format_verdict(sweep_of(2)), "ok");
	format_bad_counts(words, sizeof(words), sweep_of(2));
	assert_string_equal(words, "0 fork points");
}

static void odd_characters_are_cleaned(void **state)
{
	static const struct {
		const char *dirty, *clean, *ascii;
	} cases[] = {
		{"plain", "plain", "plain"},
		{"a\tb\033[0m\x7f", "a b [0m ", "a b [0m "},
		{"≤ ü…", "≤ ü…", "<= ?..."},
		{"\xff\xc3+\xe2\x89", "??+??", "??+??"},
		{"\xc0\xaf \xed\xa0\x80 \xf5\x80\x80\x80", "?? ??? ????", "?? ??? ????"},
		{"x\xe2\x80\xaey", "x?y", "x?y"}, /* U+202E turns the direction */
		{"\xf0\x9f\x94\x92", "\xf0\x9f\x94\x92", "?"},
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		utf8_sanitize(out, sizeof(out), cases[i].dirty, true);
		assert_string_equal(out, cases[i].clean);
		utf8_sanitize(out, sizeof(out), cases[i].dirty, false);
		assert_string_equal(out, cases[i].ascii);
	}
	utf8_sanitize(out, 4, "ab≤", true); /* no half characters */
	assert_string_equal(out, "ab");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		REPORT_TEST(percents_are_rounded_up_to_two_digits),
		REPORT_TEST(summaries_tell_every_verdict),
		SWEEP_TEST(sweeps_are_counted_in_points),
		REPORT_TEST(odd_characters_are_cleaned),
	};
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
