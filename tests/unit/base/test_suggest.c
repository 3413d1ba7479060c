/* "did you mean": typing errors with a suggestion, and words without. */
#include "suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const known[] = {
	"glibc",
	"jemalloc",
	"mimalloc",
	"tcmalloc",
	"tcmalloc-minimal",
	"teach-none",
	"fork",
	"_Fork",
	"ok",
};
enum { KNOWN = sizeof(known) / sizeof(known[0]) };

static void mistakes_lead_to_the_nearest(void **state)
{
	static const struct {
		const char *typed, *meant;
	} cases[] = {
		{"glibc", "glibc"},  /* itself */
		{"glib", "glibc"},   /* one too few */
		{"glibcc", "glibc"}, /* one too many */
		{"gljbc", "glibc"},  /* a wrong one */
		{"gilbc", "glibc"},  /* two swapped: one mistake */
		{"GLIBC", "glibc"},  /* case does not count */
		{"jmalloc", "jemalloc"},
		{"tcmalloc-minmial", "tcmalloc-minimal"},
		{"frok", "fork"},
		{"_fork", "_Fork"},      /* nearer than "fork" */
		{"teach", "teach-none"}, /* a beginning */
		{"kp", NULL},            /* two swapped and one wrong */
		{"ko", "ok"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *got = suggest(cases[i].typed, known, KNOWN);
		if (!cases[i].meant)
			assert_null(got);
		else if (!got || strcmp(got, cases[i].meant) != 0)
			fail_msg("%s: %s, not %s", cases[i].typed, got ? got : "nothing",
				cases[i].meant);
	}
}

static void what_is_far_leads_to_nothing(void **state)
{
	char long_word[200];
	(void)state;
	memset(long_word, 'g', sizeof(long_word) - 1);
	long_word[sizeof(long_word) - 1] = '\0';
	assert_null(suggest("postgresql", known, KNOWN));
	assert_null(suggest("", known, KNOWN));
	assert_null(suggest("x", known, KNOWN));
	assert_null(suggest(long_word, known, KNOWN));
	assert_null(suggest("glibc", known, 0));
	assert_null(suggest("\xff\xfe\xfd", known, KNOWN));
}

static void of_equals_the_first_is_taken(void **state)
{
	static const char *const twins[] = {"cat", "bat"};
	(void)state;
	assert_string_equal(suggest("rat", twins, 2), "cat");
}

static void long_known_words_are_passed_over(void **state)
{
	char monster[300];
	const char *const words[] = {monster, "glibc"};
	(void)state;
	memset(monster, 'm', sizeof(monster) - 1);
	monster[sizeof(monster) - 1] = '\0';
	assert_string_equal(suggest("glibd", words, 2), "glibc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_lead_to_the_nearest),
		cmocka_unit_test(what_is_far_leads_to_nothing),
		cmocka_unit_test(of_equals_the_first_is_taken),
		cmocka_unit_test(long_known_words_are_passed_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
