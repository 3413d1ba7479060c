/*
 * Sweeps are taken from a store: only those of the same binaries and options, and with the same
 * result. Whatever is wrong with the store is one warning.
 */
#include "e2e.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SWEEPS = 2, ARGS_MAX = 24 };

static json_t *reference; /* measured without a store */

static void arguments(const char *args[ARGS_MAX], const char *const *more)
{
	static const char *const cells[] = {"run", "-a", "musl", "-s", "concurrent", "-m",
		"fork,_Fork", "--trials", "3", "--budget", "600", "--format", "json"};
	size_t count = sizeof(cells) / sizeof(cells[0]);
	memcpy(args, cells, sizeof(cells));
	for (; *more; more++)
		args[count++] = *more;
	args[count] = NULL;
}

/* Each is one line, and the only thing on standard error. */
static json_t *run(const char *const *more, unsigned warnings)
{
	struct e2e_result result;
	const char *args[ARGS_MAX];
	unsigned lines = 0;
	arguments(args, more);
	e2e_run(&result, args);
	for (const char *at = result.err; *at; at++)
		lines += *at == '\n';
	if (result.status != 0 || lines != warnings)
		e2e_fail("exit status %d, %u warnings, not %u: %s", result.status, lines, warnings,
			result.err);
	json_t *report = e2e_json(&result);
	e2e_free(&result);
	return report;
}

/* All of them must have the results of the reference. */
static size_t count_reused(json_t *report)
{
	static const char *const same[] = {"verdict", "proven", "counts", "bad", "points", "tried",
		"waited", "complete", "cut"};
	size_t i, reused = 0, sweeps = 0;
	const json_t *cell;
	json_array_foreach(json_object_get(report, "results"), i, cell)
	{
		const json_t *other = json_array_get(json_object_get(reference, "results"), i);
		bool is_reused = *e2e_text(cell, "reused") != '\0';
		if (strcmp(e2e_text(cell, "mode"), "sweep") != 0) {
			assert_false(is_reused);
			continue;
		}
		sweeps++;
		reused += is_reused;
		for (size_t k = 0; k < sizeof(same) / sizeof(same[0]); k++)
			if (!json_equal(json_object_get(cell, same[k]),
				    json_object_get(other, same[k])))
				e2e_fail("%s, %s, %s: another \"%s\"", e2e_text(cell, "allocator"),
					e2e_text(cell, "scenario"), e2e_text(cell, "method"),
					same[k]);
	}
	assert_int_equal(sweeps, SWEEPS);
	json_decref(report);
	return reused;
}

static void the_second_run_reuses_them(void **state)
{
	(void)state;
	const char *store = e2e_in_home("used");
	assert_int_equal(count_reused(run(E2E_ARGS("--store", store), 0)), 0);
	assert_int_equal(count_reused(run(E2E_ARGS("--store", store), 0)), SWEEPS);
	assert_int_equal(count_reused(run(E2E_ARGS("--store", store, "--fresh"), 0)), 0);
	unlink(store);
}

static void no_store_neither_reads_nor_writes(void **state)
{
	(void)state;
	const char *store = e2e_in_home("none");
	assert_int_equal(count_reused(run(E2E_ARGS("--store", store, "--no-store"), 0)), 0);
	assert_int_equal(access(store, F_OK), -1);
}

static void a_file_of_another_kind_is_left_alone(void **state)
{
	static const char text[] = "a letter of mine, and no database at all\n";
	(void)state;
	const char *store = e2e_in_home("letter");
	e2e_write(store, text);
	assert_int_equal(count_reused(run(E2E_ARGS("--store", store), 1)), 0);
	char *after = e2e_read(store);
	assert_string_equal(after, text);
	free(after);
}

static void a_directory_is_no_store(void **state)
{
	(void)state;
	assert_int_equal(count_reused(run(E2E_ARGS("--store", e2e_in_home(NULL)), 1)), 0);
}

static void a_locked_store_is_not_used(void **state)
{
	(void)state;
	sqlite3 *database;
	const char *store = e2e_in_home("locked");
	assert_int_equal(sqlite3_open(store, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(count_reused(run(E2E_ARGS("--store", store), 1)), 0);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

/* The header still says that it is a database of forklab. */
static void a_damaged_store_is_not_believed(void **state)
{
	(void)state;
	enum { HEADER = 100, PAGE = 4096 };
	static char noise[PAGE - HEADER];
	const char *store = e2e_in_home("damaged");
	assert_int_equal(count_reused(run(E2E_ARGS("--store", store), 0)), 0);
	memset(noise, 0xa5, sizeof(noise));
	FILE *file = fopen(store, "r+b");
	assert_non_null(file);
	assert_int_equal(fseek(file, HEADER, SEEK_SET), 0);
	assert_int_equal(fwrite(noise, sizeof(noise), 1, file), 1);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(count_reused(run(E2E_ARGS("--store", store), 1)), 0);
}

/* Not even root can make a file there. */
static void a_place_that_cannot_be_written_is_one_warning(void **state)
{
	(void)state;
	assert_int_equal(count_reused(run(E2E_ARGS("--store", "/proc/forklab/store"), 1)), 0);
}

static void other_options_are_other_sweeps(void **state)
{
	(void)state;
	const char *store = e2e_in_home("options");
	assert_int_equal(count_reused(run(E2E_ARGS("--store", store), 0)), 0);
	assert_int_equal(count_reused(run(E2E_ARGS("--store", store, "--deadline", "9"), 0)), 0);
	assert_int_equal(count_reused(run(E2E_ARGS("--store", store), 0)), SWEEPS);
}

/* Both measure everything, as neither waits for the other; and neither spoils what is kept. */
static void two_at_once_share_a_store(void **state)
{
	(void)state;
	struct e2e_process first;
	struct e2e_result result;
	const char *args[ARGS_MAX], *store = e2e_in_home("shared");
	arguments(args, E2E_ARGS("--store", store));
	e2e_start(&first, args);
	struct e2e_process second;
	e2e_start(&second, args);
	while (!e2e_ended(&first, 1) || !e2e_ended(&second, 1))
		;
	e2e_finish(&first, &result, 600);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.err, "");
	e2e_free(&result);
	e2e_finish(&second, &result, 600);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.err, "");
	e2e_free(&result);
	assert_int_equal(count_reused(run(E2E_ARGS("--store", store), 0)), SWEEPS);
}

/* In one line of the text: how many, from when, and how to have them measured again. */
static void the_text_says_what_was_reused(void **state)
{
	(void)state;
	struct e2e_result result;
	const char *store = e2e_in_home("text");
	const char *args[ARGS_MAX];
	assert_int_equal(count_reused(run(E2E_ARGS("--store", store), 0)), 0);
	arguments(args, E2E_ARGS("--store", store, "--format", "text"));
	e2e_run(&result, args);
	assert_int_equal(result.status, 0);
	if (!strstr(result.out, "2 of 2 sweeps reused from 20") || !strstr(result.out, "--fresh"))
		e2e_fail("not told: %s", result.out);
	e2e_free(&result);
}

static int measure(void **state)
{
	if (!e2e_has_runner("musl"))
		exit(E2E_SKIPPED);
	e2e_make_home(state);
	e2e_same_environment(true);
	reference = run(E2E_ARGS("--no-store"), 0);
	return 0;
}

static int end(void **state)
{
	json_decref(reference);
	return e2e_remove_home(state);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_second_run_reuses_them),
		cmocka_unit_test(no_store_neither_reads_nor_writes),
		cmocka_unit_test(a_file_of_another_kind_is_left_alone),
		cmocka_unit_test(a_directory_is_no_store),
		cmocka_unit_test(a_locked_store_is_not_used),
		cmocka_unit_test(a_damaged_store_is_not_believed),
		cmocka_unit_test(a_place_that_cannot_be_written_is_one_warning),
		cmocka_unit_test(other_options_are_other_sweeps),
		cmocka_unit_test(two_at_once_share_a_store),
		cmocka_unit_test(the_text_says_what_was_reused),
	};
	return E2E_MAIN(argc, argv, tests, measure, end);
}
