/*
 * Which malloc answers is proven in the process that is measured: under somebody else's LD_PRELOAD
 * the runner must not be taken for what its name says.
 */
#include "e2e.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* Under this preload glibc's runner is broken, and says which call was whose. */
static void check_mismatch(const char *preload, const char *call)
{
	struct e2e_result result;
	char words[256];
	const char *slash = strrchr(preload, '/');
	snprintf(words, sizeof(words), "%s lies in %s", call, slash ? slash + 1 : preload);
	e2e_env("LD_PRELOAD", preload);
	e2e_run(&result, E2E_ARGS("stress", "-a", "glibc", "-s", "basic", "-m", "fork", "--trials",
				 "5", "--format", "json"));
	e2e_env("LD_PRELOAD", NULL);
	json_t *report = e2e_json(&result);
	const json_t *cell = e2e_only_cell(report);
	assert_string_equal(e2e_text(cell, "verdict"), "broken");
	assert_int_equal(e2e_number(cell, "trials"), 0);
	assert_int_equal(e2e_number(cell, "bad"), 0);
	assert_non_null(strstr(e2e_text(cell, "why"), "wrong malloc"));
	assert_non_null(strstr(e2e_text(cell, "why"), words));
	assert_int_equal(result.status, 3);
	json_decref(report);
	e2e_free(&result);
}

static void somebody_elses_malloc(void **state)
{
	(void)state;
	check_mismatch(FORKLAB_PRELOAD, "malloc");
}

static void somebody_elses_free(void **state)
{
	(void)state;
	check_mismatch(FORKLAB_PRELOAD_FREE, "free");
}

/* True if the loader can preload it: it says so when it cannot, and goes on without it. */
static bool can_preload(const char *library)
{
	char command[256];
	snprintf(command, sizeof(command), "test -z \"$(LD_PRELOAD=%s /bin/true 2>&1)\"", library);
	int status = system(command);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void jemalloc_in_place_of_glibc(void **state)
{
	(void)state;
	if (!can_preload("libjemalloc.so.2")) {
		print_message("skipped: there is no libjemalloc.so.2 here\n");
		skip();
	}
	check_mismatch("libjemalloc.so.2", "malloc");
}

/* An allocator that is part of the program comes before any preload: these are what they say. */
static void built_in_allocator_keeps_its_malloc(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_env("LD_PRELOAD", FORKLAB_PRELOAD);
	e2e_run(&result, E2E_ARGS("stress", "-a", "teach-lockall", "-s", "basic", "-m", "fork",
				 "--trials", "5", "--format", "json"));
	e2e_env("LD_PRELOAD", NULL);
	json_t *report = e2e_json(&result);
	assert_int_equal(e2e_count(e2e_only_cell(report), "ok"), 5);
	e2e_check_controls(report, result.status);
	json_decref(report);
	e2e_free(&result);
}

/* A preload that answers no call of malloc's changes nothing. */
static void harmless_preload(void **state)
{
	(void)state;
	struct e2e_result result;
	if (!can_preload("libm.so.6"))
		skip();
	e2e_env("LD_PRELOAD", "libm.so.6");
	e2e_run(&result, E2E_ARGS("stress", "-a", "glibc", "-s", "basic", "-m", "fork", "--trials",
				 "5", "--format", "json"));
	e2e_env("LD_PRELOAD", NULL);
	json_t *report = e2e_json(&result);
	assert_int_equal(e2e_count(e2e_only_cell(report), "ok"), 5);
	e2e_check_controls(report, result.status);
	json_decref(report);
	e2e_free(&result);
}

/* It is where it should be, but the allocator's statistics do not count its calls. */
static void books_that_do_not_count(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_env("FORKLAB_FAULT", "other-books");
	e2e_run(&result,
		E2E_ARGS("stress", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a", "fault",
			"-s", "basic", "-m", "fork", "--trials", "5", "--format", "json"));
	e2e_env("FORKLAB_FAULT", NULL);
	json_t *report = e2e_json(&result);
	const json_t *cell = e2e_only_cell(report);
	assert_string_equal(e2e_text(cell, "verdict"), "broken");
	assert_non_null(strstr(e2e_text(cell, "why"), "statistics do not count"));
	assert_int_equal(result.status, 3);
	json_decref(report);
	e2e_free(&result);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(somebody_elses_malloc),
		cmocka_unit_test(somebody_elses_free),
		cmocka_unit_test(jemalloc_in_place_of_glibc),
		cmocka_unit_test(built_in_allocator_keeps_its_malloc),
		cmocka_unit_test(harmless_preload),
		cmocka_unit_test(books_that_do_not_count),
	};
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
