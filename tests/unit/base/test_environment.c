/* Which variables of the environment matter, and how a shell takes them. */
#include "environment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void every_variable_has_its_rule(void **state)
{
	static const struct {
		const char *variable;
		enum environment_rule rule;
	} cases[] = {
		{"PATH=/bin", ENVIRONMENT_OTHER},
		{"LD_PRELOAD=libx.so", ENVIRONMENT_REMOVED},
		{"LD_LIBRARY_PATH=/x", ENVIRONMENT_NAMED},
		{"LD=ld.gold", ENVIRONMENT_OTHER},
		{"GLIBC_TUNABLES=glibc.malloc.tcache_count=0", ENVIRONMENT_NAMED},
		{"GLIBC_TUNABLES_OF_MINE=1", ENVIRONMENT_OTHER},
		{"MALLOC_CONF=narenas:1", ENVIRONMENT_NAMED},
		{"MALLOC_ARENA_MAX=1", ENVIRONMENT_NAMED},
		{"_RJEM_MALLOC_CONF=narenas:1", ENVIRONMENT_NAMED},
		{"HEAPPROFILE=/tmp/heap", ENVIRONMENT_NAMED},
		{"HEAPPROFILER=no", ENVIRONMENT_OTHER},
		{"HEAP_PROFILE_MMAP=1", ENVIRONMENT_NAMED},
		{"HEAPCHECK=normal", ENVIRONMENT_NAMED},
		{"CPUPROFILE=/tmp/cpu", ENVIRONMENT_NAMED},
		{"TCMALLOC_SAMPLE_PARAMETER=1", ENVIRONMENT_NAMED},
		{"MIMALLOC_SECURE=1", ENVIRONMENT_NAMED},
		{"SCUDO_OPTIONS=a=b", ENVIRONMENT_NAMED},
		{"TBB_MALLOC_USE_HUGE_PAGES=1", ENVIRONMENT_NAMED},
		{"DMALLOC_OPTIONS=debug=3", ENVIRONMENT_NAMED},
		{"DUMA_FILL=1", ENVIRONMENT_NAMED},
		{"EF_ALIGNMENT=1", ENVIRONMENT_NAMED},
		{"ASAN_OPTIONS=detect_leaks=0", ENVIRONMENT_NAMED},
		{"TSAN_OPTIONS=x=1", ENVIRONMENT_NAMED},
		{"LSAN_OPTIONS=x=1", ENVIRONMENT_NAMED},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (environment_rule(cases[i].variable) != cases[i].rule)
			fail_msg("%s", cases[i].variable);
}

static void they_are_found_in_order(void **state)
{
	static char *const environment[] = {"MIMALLOC_VERBOSE=1", "HOME=/",
		"MALLOC_CONF=", "GLIBC_TUNABLES=x", "LD_PRELOAD=liba.so", "EF_FILL=3", NULL};
	const char *found[3] = {NULL};
	(void)state;
	assert_int_equal(environment_find(environment, ENVIRONMENT_NAMED, found, 3), 3);
	assert_string_equal(found[0], "EF_FILL=3");
	assert_string_equal(found[1], "GLIBC_TUNABLES=x");
	assert_string_equal(found[2], "MIMALLOC_VERBOSE=1");
	assert_int_equal(environment_find(environment, ENVIRONMENT_NAMED, found, 1), 3);
	assert_string_equal(found[0], "EF_FILL=3");
	assert_int_equal(environment_find(environment, ENVIRONMENT_REMOVED, found, 3), 1);
	assert_string_equal(found[0], "LD_PRELOAD=liba.so");
}

/* A shell that runs the command sees the same value. */
static void a_shell_reads_the_same_values(void **state)
{
	static const char *const values[] = {"plain", "two words", "it's", "a\\b $HOME `x` \"y\"",
		"tab\there", "line\nend'quote", "h\xc3\xa9"};
	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char variable[64], prefix[256], command[512], got[64] = "";
		char *const environment[] = {variable, NULL};
		(void)snprintf(variable, sizeof(variable), "MALLOC_CONF=%s", values[i]);
		environment_prefix(prefix, sizeof(prefix), environment);
		(void)snprintf(command, sizeof(command),
			"exec bash -c \"$(cat <<'END'\n%sprintenv MALLOC_CONF\nEND\n)\"", prefix);
		FILE *shell = popen(command, "r");
		assert_non_null(shell);
		size_t length = fread(got, 1, sizeof(got) - 1, shell);
		assert_int_equal(pclose(shell), 0);
		assert_true(length > 0);
		got[length - 1] = '\0';
		assert_string_equal(got, values[i]);
	}
}

static void what_does_not_fit_is_left_out_whole(void **state)
{
	static char *const environment[] = {"EF_FILL=3", "MALLOC_CONF=narenas:1", NULL};
	char prefix[32];
	(void)state;
	environment_prefix(prefix, sizeof(prefix), environment);
	assert_string_equal(prefix, "EF_FILL=3 ");
	environment_prefix(prefix, sizeof(prefix), environment + 2);
	assert_string_equal(prefix, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_variable_has_its_rule),
		cmocka_unit_test(they_are_found_in_order),
		cmocka_unit_test(a_shell_reads_the_same_values),
		cmocka_unit_test(what_does_not_fit_is_left_out_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
