/* Text that does not fit its buffer ends with a word, a whole character, or the number of names. */
#include "plural.h"
#include "strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* cmocka needs some of the above. */
#include <cmocka.h>

enum { ROOM = 32 };

static void what_fits_is_whole(void **state)
{
	(void)state;
	char text[ROOM];
	struct strbuf line = strbuf_init(text, sizeof(text));
	strbuf_addf(&line, "%s", "exactly thirty-one bytes, these");
	assert_string_equal(text, "exactly thirty-one bytes, these");
	assert_int_equal(line.used, ROOM - 1);
	assert_false(line.cut);
}

/* In a buffer of any size: no half word, and nothing after the mark. */
static void a_cut_is_at_the_end_of_a_word(void **state)
{
	(void)state;
	static const char long_text[] =
		"a child of the process waits for the lock that its parent had";
	for (size_t size = 24; size < sizeof(long_text); size++) {
		char text[sizeof(long_text)], whole[sizeof(long_text) + 1];
		struct strbuf line = strbuf_init(text, size);
		strbuf_addf(&line, "%s", long_text);
		strbuf_addf(&line, " and more");
		assert_true(line.cut && line.used == strlen(text) && line.used < size);
		size_t kept = line.used - strlen("...");
		assert_string_equal(text + kept, "...");
		(void)snprintf(whole, sizeof(whole), "%s ", long_text);
		assert_int_equal(strncmp(text, whole, kept), 0);
		assert_int_equal(whole[kept - 1], ' ');
	}
}

static void a_cut_is_not_within_a_character(void **state)
{
	(void)state;
	for (size_t size = 8; size < 20; size++) {
		char text[ROOM];
		struct strbuf line = strbuf_init(text, size);
		strbuf_addf(&line, "%s", "µµµµµµµµµµµµµµµµ");
		assert_true(line.cut);
		assert_int_equal((line.used - strlen("...")) % strlen("µ"), 0);
	}
}

static void names_that_do_not_fit_are_counted(void **state)
{
	(void)state;
	static const char *const names[] = {"glibc", "jemalloc", "mimalloc", "musl", "scudo"};
	enum { NAMES = sizeof(names) / sizeof(names[0]) };
	static const struct {
		size_t size;
		const char *expected;
	} sizes[] = {
		{64, "glibc, jemalloc, mimalloc, musl, scudo"},
		{56, "glibc, jemalloc, mimalloc, musl, and 1 more"},
		{40, "glibc, jemalloc, and 3 more"},
		{26, "5 more"},
	};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char text[64];
		struct strbuf line = strbuf_init(text, sizes[i].size);
		for (size_t k = 0; k < NAMES; k++)
			strbuf_add_name(&line, names[k]);
		strbuf_end_names(&line);
		assert_string_equal(text, sizes[i].expected);
	}
}

static void one_is_singular(void **state)
{
	(void)state;
	assert_string_equal(plural(1), "");
	assert_string_equal(plural(0), "s");
	assert_string_equal(plural(2), "s");
	assert_string_equal(plural_of(1, "process", "processes"), "process");
	assert_string_equal(plural_of(21, "process", "processes"), "processes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_is_whole),
		cmocka_unit_test(a_cut_is_at_the_end_of_a_word),
		cmocka_unit_test(a_cut_is_not_within_a_character),
		cmocka_unit_test(names_that_do_not_fit_are_counted),
		cmocka_unit_test(one_is_singular),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
