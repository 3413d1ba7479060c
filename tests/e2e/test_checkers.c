/*
 * Runners under valgrind: its reports on their processes are counted, and planted errors are
 * reported.
 */
#include "e2e.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_here(const char *runners, const char *allocator)
{
	char path[E2E_PATH_MAX * 2];
	snprintf(path, sizeof(path), "%s/forklab-run-%s", e2e_directory(runners), allocator);
	FILE *file = fopen(path, "r");
	if (file)
		fclose(file);
	return file != NULL;
}

/* No report stays behind. */
static json_t *stress(const char *runners, const char *allocator)
{
	struct e2e_result result;
	char directory[E2E_PATH_MAX];
	e2e_temporary(directory);
	e2e_env("TMPDIR", directory);
	e2e_run(&result, E2E_ARGS("stress", "--runners", e2e_directory(runners), "-a", allocator,
				 "-s", "basic", "-m", "fork", "--trials", "2", "--workers", "1",
				 "--format", "json"));
	assert_int_equal(result.status, 0);
	json_t *report = e2e_json(&result);
	e2e_free(&result);
	DIR *files = opendir(directory);
	assert_non_null(files);
	for (struct dirent *entry; (entry = readdir(files));)
		assert_true(entry->d_name[0] == '.');
	closedir(files);
	e2e_env("TMPDIR", NULL);
	e2e_remove(directory);
	return report;
}

static const char *reported(const json_t *report)
{
	const json_t *notes = json_object_get(e2e_only_cell(report), "notes");
	assert_int_equal(json_array_size(notes), 1);
	const json_t *note = json_array_get(notes, 0);
	assert_string_equal(e2e_text(note, "kind"), "reports");
	return e2e_text(note, "text");
}

static void memcheck_reports_what_is_there(void **state)
{
	(void)state;
	if (!is_here("FORKLAB_FAULTS", "reads-freed"))
		skip();
	json_t *report = stress("FORKLAB_FAULTS", "reads-freed");
	assert_int_equal(e2e_count(e2e_only_cell(report), "ok"), 2);
	/* Reads and writes it: `block[50]++`. Two children of three processes. */
	assert_string_equal(reported(report),
		"memcheck reported 4 errors in 2 of 3 processes (InvalidRead 2, InvalidWrite 2)");
	json_decref(report);
}

static void memcheck_reports_nothing_else(void **state)
{
	(void)state;
	if (!is_here("FORKLAB_RUNNERS", "valgrind-memcheck"))
		skip();
	json_t *report = stress("FORKLAB_RUNNERS", "valgrind-memcheck");
	assert_int_equal(e2e_count(e2e_only_cell(report), "ok"), 2);
	assert_string_equal(reported(report), "memcheck reported nothing in 3 processes");
	json_decref(report);
}

static void a_sweep_is_skipped(void **state)
{
	(void)state;
	struct e2e_result result;
	if (!is_here("FORKLAB_RUNNERS", "valgrind-memcheck"))
		skip();
	e2e_run(&result, E2E_ARGS("sweep", "-a", "valgrind-memcheck", "-s", "basic", "-m", "fork",
				 "--format", "json"));
	json_t *report = e2e_json(&result);
	const json_t *cell = e2e_only_cell(report);
	assert_string_equal(e2e_text(cell, "verdict"), "skipped");
	assert_non_null(strstr(e2e_text(cell, "why"), "valgrind's translation"));
	json_decref(report);
	e2e_free(&result);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memcheck_reports_what_is_there),
		cmocka_unit_test(memcheck_reports_nothing_else),
		cmocka_unit_test(a_sweep_is_skipped),
	};
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
