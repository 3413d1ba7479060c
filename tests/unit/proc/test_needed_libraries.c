/* What a file is linked with, and files that are none. */
#include "needed_libraries.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char name[NEEDED_LIBRARIES_MAX][NEEDED_NAME_MAX];

static bool has(int count, const char *wanted)
{
	for (int i = 0; i < count; i++)
		if (strncmp(name[i], wanted, strlen(wanted)) == 0)
			return true;
	return false;
}

static void this_program_needs_cmocka_and_libc(void **state)
{
	(void)state;
	int count = needed_libraries("/proc/self/exe", name);
	assert_in_range(count, 2, NEEDED_LIBRARIES_MAX);
	assert_true(has(count, "libcmocka.so"));
	assert_true(has(count, "libc.so"));
	assert_false(has(count, "libtbbmalloc.so"));
}

static void other_files_need_nothing(void **state)
{
	(void)state;
	assert_int_equal(needed_libraries("/nowhere", name), -ENOENT);
	assert_true(needed_libraries("/proc/self/maps", name) < 0);
	assert_true(needed_libraries("/proc", name) < 0);
	assert_true(needed_libraries("/dev/null", name) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(this_program_needs_cmocka_and_libc),
		cmocka_unit_test(other_files_need_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
