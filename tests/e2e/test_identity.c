/*
 * The process under test proves which malloc it has: under another LD_PRELOAD a runner must not be
 * mistaken for what its name says.
 */
#include "e2e.h"

#include <stdio.h>
#include <string.h>

/* Under this preload glibc's runner is broken, and says which function is in which object. */
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

static void jemalloc_in_place_of_glibc(void **state)
{
	(void)state;
	if (!e2e_can_preload("libjemalloc.so.2")) {
		print_message("skipped: there is no libjemalloc.so.2 here\n");
		skip();
	}
	check_mismatch("libjemalloc.so.2", "malloc");
}

/* Under this preload the allocator's runner has its own malloc: all trials are judged, and good. */
static void check_unharmed(const char *preload, const char *allocator)
{
	e2e_env("LD_PRELOAD", preload);
	json_t *report = e2e_stress(allocator, "basic", "fork", 5, 1);
	e2e_env("LD_PRELOAD", NULL);
	assert_int_equal(e2e_count(e2e_only_cell(report), "ok"), 5);
	json_decref(report);
}

/* An allocator that is part of the program is found before that of any preload. */
static void built_in_allocator_keeps_its_malloc(void **state)
{
	(void)state;
	check_unharmed(FORKLAB_PRELOAD, "teach-lockall");
}

/* A preload that exports no function of malloc's changes nothing. */
static void harmless_preload(void **state)
{
	(void)state;
	if (!e2e_can_preload("libm.so.6"))
		skip();
	check_unharmed("libm.so.6", "glibc");
}

/* The block is in the right place, but the allocator's own statistics do not count it. */
static void books_that_do_not_count(void **state)
{
	(void)state;
	e2e_env("FORKLAB_FAULT", "other-books");
	json_t *report = e2e_run_json(
		E2E_ARGS("stress", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a", "fault",
			"-s", "basic", "-m", "fork", "--trials", "5", "--format", "json"),
		3);
	e2e_env("FORKLAB_FAULT", NULL);
	const json_t *cell = e2e_only_cell(report);
	assert_string_equal(e2e_text(cell, "verdict"), "broken");
	assert_non_null(strstr(e2e_text(cell, "why"), "statistics do not count"));
	json_decref(report);
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
