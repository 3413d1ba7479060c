/* The environment of a file of costs, and whether it is this one. */
#include "cost_environment.h"
#include "host.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void load(const char *text, struct host *host)
{
	char path[] = "/tmp/forklab-unit-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	assert_int_equal(cost_environment_load(path, host), 0);
	unlink(path);
}

static void a_files_variables_are_compared(void **state)
{
	struct host here, same, other, none;
	(void)state;
	setenv("MALLOC_CONF", "narenas:1", 1);
	host_describe(&here);
	unsetenv("MALLOC_CONF");
	load("{\"host\": {\"environment\": {\"MALLOC_CONF\": \"narenas:1\"}}}", &same);
	load("{\"host\": {\"environment\": {\"MALLOC_CONF\": \"narenas:2\"}}}", &other);
	load("{\"host\": {\"kernel\": \"6\"}}", &none);
	assert_string_equal(same.variable[0].name, "MALLOC_CONF");
	assert_true(host_same_environment(&here, &same));
	assert_false(host_same_environment(&here, &other));
	assert_false(host_same_environment(&here, &none));
	host_describe(&here);
	assert_true(host_same_environment(&here, &none));
	assert_int_equal(cost_environment_load("/nonexistent", &none), -EINVAL);
}

/* Named as removed, and in force for no row. */
static void the_preload_is_removed(void **state)
{
	struct host host;
	(void)state;
	setenv("LD_PRELOAD", "libm.so.6", 1);
	host_describe(&host);
	unsetenv("LD_PRELOAD");
	assert_int_equal(host.removed, 1);
	assert_string_equal(host.removed_variable[0].value, "libm.so.6");
	for (size_t i = 0; i < host.variables; i++)
		assert_string_not_equal(host.variable[i].name, "LD_PRELOAD");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_files_variables_are_compared),
		cmocka_unit_test(the_preload_is_removed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
