/* Whatever the word is, a shell reads it back. */
#include "shell_quote.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_shell_reads_it_back(void **state)
{
	static const char *const words[] = {"", "plain", "/a/b-c_d.e+f", "it's", "two words", "'",
		"''", "$HOME", "`id`", "a\nb", "\\", "*?[x]", "~", "!x", "a;b&c|d", "#", "\"q\"",
		"a=b,c:d@e%f"};
	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char quoted[64], command[128], got[64] = "";
		shell_quote(quoted, sizeof(quoted), words[i]);
		snprintf(command, sizeof(command), "printf %%s %s", quoted);
		FILE *out = popen(command, "re");
		assert_non_null(out);
		got[fread(got, 1, sizeof(got) - 1, out)] = '\0';
		assert_int_equal(pclose(out), 0);
		assert_string_equal(got, words[i]);
	}
}

static void what_needs_no_quotes_has_none(void **state)
{
	char out[32];
	(void)state;
	shell_quote(out, sizeof(out), "/usr/lib/libx.so.2");
	assert_string_equal(out, "/usr/lib/libx.so.2");
}

static void never_too_long(void **state)
{
	(void)state;
	for (size_t size = 8; size < 40; size++) {
		char out[64];
		memset(out, 'x', sizeof(out));
		shell_quote(out, size, "''");
		assert_true(memchr(out, '\0', size) != NULL);
		assert_int_equal(out[size], 'x');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shell_reads_it_back),
		cmocka_unit_test(what_needs_no_quotes_has_none),
		cmocka_unit_test(never_too_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
