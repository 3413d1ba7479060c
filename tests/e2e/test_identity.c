/*
 * The process under test proves which malloc it has: a runner that is started under another
 * LD_PRELOAD must not be mistaken for what its name says. The caller's own LD_PRELOAD reaches none.
 */
#include "e2e.h"

#include <stdio.h>
#include <string.h>

/* Runners of which that one is started with this preload. */
static void preloading(char runners[E2E_PATH_MAX], const char *allocator, const char *preload)
{
	char variable[E2E_PATH_MAX];
	snprintf(variable, sizeof(variable), "LD_PRELOAD=%s", preload);
	e2e_runners_with(runners, allocator, variable);
}

/* Under this preload glibc's runner is broken, and says which function is in which object. */
static void check_mismatch(const char *preload, const char *call)
{
	struct e2e_result result;
	char words[256], runners[E2E_PATH_MAX];
	const char *slash = strrchr(preload, '/');
	snprintf(words, sizeof(words), "%s lies in %s", call, slash ? slash + 1 : preload);
	preloading(runners, "glibc", preload);
	e2e_run(&result, E2E_ARGS("stress", "--runners", runners, "-a", "glibc", "-s", "basic",
				 "-m", "fork", "--trials", "5", "--format", "json"));
	e2e_remove(runners);
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
	char runners[E2E_PATH_MAX];
	preloading(runners, allocator, preload);
	json_t *report =
		e2e_run_json(E2E_ARGS("stress", "--runners", runners, "-a", allocator, "-s",
				     "basic", "-m", "fork", "--trials", "5", "--format", "json"),
			0);
	e2e_remove(runners);
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

/* It would put another malloc into every row: no runner gets it, and the output says so. */
static void the_callers_preload_is_removed(void **state)
{
	struct e2e_result result;
	(void)state;
	e2e_env("LD_PRELOAD", FORKLAB_PRELOAD);
	json_t *report = e2e_stress("glibc", "basic", "fork", 5, 1);
	e2e_run(&result,
		E2E_ARGS("stress", "-a", "glibc", "-s", "basic", "-m", "fork", "--trials", "5"));
	e2e_env("LD_PRELOAD", NULL);
	assert_int_equal(e2e_count(e2e_only_cell(report), "ok"), 5);
	assert_string_equal(
		e2e_text(json_object_get(json_object_get(report, "host"), "environment_removed"),
			"LD_PRELOAD"),
		FORKLAB_PRELOAD);
	/* A long path may begin a line of its own. */
	const char *removed = strstr(result.out, "removed from the environment:");
	assert_non_null(removed);
	assert_non_null(strstr(removed, "LD_PRELOAD="));
	json_decref(report);
	e2e_free(&result);
}

/* One that changes an allocator is in force, and named: heading, JSON, and the command. */
static void a_variable_that_matters_is_named(void **state)
{
	struct e2e_result result;
	const char *const args[] = {
		"sweep", "-a", "teach-none", "-s", "pool", "-m", "fork", "--format", "json", NULL};
	(void)state;
	e2e_env("MALLOC_CONF", "narenas:1,it's");
	json_t *report = e2e_run_json(args, 0);
	e2e_run(&result, E2E_ARGS("sweep", "-a", "teach-none", "-s", "pool", "-m", "fork"));
	e2e_env("MALLOC_CONF", NULL);
	const char *command = "MALLOC_CONF='narenas:1,it'\\''s' forklab sweep -a teach-none";
	assert_string_equal(
		e2e_text(json_object_get(json_object_get(report, "host"), "environment"),
			"MALLOC_CONF"),
		"narenas:1,it's");
	assert_int_equal(strncmp(e2e_text(e2e_finding(e2e_only_cell(report)), "command"), command,
				 strlen(command)),
		0);
	assert_non_null(strstr(result.out, "environment of every row: MALLOC_CONF=narenas:1,it's"));
	assert_non_null(strstr(result.out, command));
	json_decref(report);
	e2e_free(&result);
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
		cmocka_unit_test(the_callers_preload_is_removed),
		cmocka_unit_test(a_variable_that_matters_is_named),
		cmocka_unit_test(books_that_do_not_count),
	};
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
