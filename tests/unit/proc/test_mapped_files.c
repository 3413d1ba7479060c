/* The files that a process has mapped: the same list in the same order at each start. */
#include "mapped_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
/* cmocka needs some of the above. */
#include <cmocka.h>

static char file[MAPPED_FILES_MAX][MAPPED_PATH_MAX];

static void shared_memory_is_no_file(void **state)
{
	(void)state;
	int before = mapped_files(getpid(), file);
	void *shared = mmap(NULL, 1, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(shared, MAP_FAILED);
	assert_in_range(before, 1, MAPPED_FILES_MAX);
	assert_int_equal(mapped_files(getpid(), file), before);
	munmap(shared, 1);
}

static void paths_are_in_order_and_each_once(void **state)
{
	(void)state;
	int count = mapped_files(getpid(), file);
	assert_in_range(count, 2, MAPPED_FILES_MAX);
	for (int i = 1; i < count; i++)
		assert_true(strcmp(file[i - 1], file[i]) < 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(shared_memory_is_no_file),
		cmocka_unit_test(paths_are_in_order_and_each_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
