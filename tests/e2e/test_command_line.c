/* Bad input: one sentence on standard error, exit status 2, nothing printed, nothing lost. */
#include "e2e.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *arguments[8];
	const char *says;
} mistakes[] = {
	{{"run", "-a", "jemaloc"}, "did you mean 'jemalloc'?"},
	{{"run", "-s", "bsic"}, "did you mean 'basic'?"},
	{{"run", "-m", "Fork"}, "unknown fork method"},
	{{"run", "--format", "jsn"}, "did you mean 'json'?"},
	{{"run", "--fail-on", "deadlok"}, "did you mean 'deadlock'?"},
	{{"strss"}, "did you mean 'stress'?"},
	{{"run", "--trials", "0"}, "--trials"},
	{{"run", "--trials", "-3"}, "--trials"},
	{{"run", "--trials", "99999999999"}, "--trials"},
	{{"run", "--trials", "ten"}, "--trials"},
	{{"run", "--workers", "1000"}, "--workers"},
	{{"run", "--budget", "0"}, "--budget"},
	{{"run", "--deadline", "nan"}, "--deadline"},
	{{"run", "--seed", "-1"}, "--seed"},
	{{"run", "--no-such-option"}, "--no-such-option"},
	{{"run", "-a"}, "-a"},
	{{"run", "-o", "/no/such/directory/file"}, "/no/such/directory/file"},
	{{"run", "--runners", "/no/such/directory"}, "/no/such/directory"},
	{{"list", "--format", "csv"}, "text and json"},
};

static void assert_one_sentence(const struct e2e_result *result, const char *says)
{
	const char *newline = strchr(result->err, '\n');
	assert_int_equal(result->status, 2);
	assert_int_equal(result->out_size, 0);
	assert_int_equal(strncmp(result->err, "forklab: ", 9), 0);
	assert_non_null(newline);
	assert_int_equal(newline[1], '\0');
	if (!strstr(result->err, says))
		e2e_fail("'%s' does not say '%s'", result->err, says);
}

static void bad_input(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
		struct e2e_result result;
		e2e_run(&result, mistakes[i].arguments);
		assert_one_sentence(&result, mistakes[i].says);
		e2e_free(&result);
	}
}

/* A copy of the shelf that the test may damage. */
static void make_shelf(char shelf[E2E_PATH_MAX])
{
	e2e_temporary(shelf);
	e2e_copy_shelf(e2e_directory("FORKLAB_RUNNERS"), shelf);
}

static void run_on_shelf(const char *shelf, const char *says)
{
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("run", "-a", "teach-none", "--runners", shelf));
	assert_one_sentence(&result, says);
	e2e_free(&result);
}

static void runner_missing(void **state)
{
	(void)state;
	char shelf[E2E_PATH_MAX], runner[E2E_PATH_MAX + 32];
	make_shelf(shelf);
	snprintf(runner, sizeof runner, "%s/forklab-run-teach-none", shelf);
	assert_int_equal(unlink(runner), 0);
	run_on_shelf(shelf, "the runner of teach-none is missing");
	e2e_remove(shelf);
}

static void catalogue_of_another_build(void **state)
{
	(void)state;
	char shelf[E2E_PATH_MAX], path[E2E_PATH_MAX + 32];
	make_shelf(shelf);
	snprintf(path, sizeof path, "%s/catalogue.json", shelf);
	char *text = e2e_read(path);
	char *contract = strstr(text, "\"contract\"");
	assert_non_null(contract);
	char *digit = strchr(strchr(contract, ':'), '"') + 1;
	*digit = *digit == '0' ? '1' : '0';
	e2e_write(path, text);
	run_on_shelf(shelf, "of another build");
	e2e_write(path, "{\"schema\": \"forklab-catalogue/1\", ");
	run_on_shelf(shelf, "catalogue.json");
	free(text);
	e2e_remove(shelf);
}

static void an_old_result_survives(void **state)
{
	(void)state;
	char directory[E2E_PATH_MAX], path[E2E_PATH_MAX + 32];
	struct e2e_result result;
	e2e_temporary(directory);
	snprintf(path, sizeof path, "%s/result.json", directory);
	e2e_write(path, "the old result");
	e2e_run(&result, E2E_ARGS("run", "-a", "nobody", "-o", path));
	assert_int_equal(result.status, 2);
	e2e_free(&result);
	char *text = e2e_read(path);
	assert_string_equal(text, "the old result");
	free(text);
	e2e_run(&result, E2E_ARGS("stress", "-a", "teach-lockall", "-s", "basic", "-m", "fork",
				 "--trials", "10", "--format", "json", "-o", path));
	assert_int_equal(result.status, 0);
	assert_int_equal(result.out_size, 0);
	e2e_free(&result);
	json_t *report = json_load_file(path, 0, NULL);
	assert_non_null(report);
	json_decref(report);
	e2e_remove(directory);
}

static void fail_on(void **state)
{
	(void)state;
	static const char *const cell[] = {"stress", "-a", "teach-none", "-s", "basic", "-m",
		"fork", "--trials", "60", "--quiet", "--fail-on", NULL, NULL};
	const char *arguments[sizeof cell / sizeof cell[0]];
	static const struct {
		const char *verdict;
		int status;
	} cases[] = {{"deadlock", 1}, {"bad", 1}, {"crash,corruption", 0}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct e2e_result result;
		memcpy(arguments, cell, sizeof cell);
		arguments[11] = cases[i].verdict;
		e2e_run(&result, arguments);
		assert_int_equal(result.status, cases[i].status);
		e2e_free(&result);
	}
}

static void help_and_version(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("--help"));
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "stress"));
	assert_string_equal(result.err, "");
	e2e_free(&result);
	e2e_run(&result, E2E_ARGS("--version"));
	assert_int_equal(result.status, 0);
	assert_int_equal(strncmp(result.out, "forklab ", 8), 0);
	e2e_free(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_input),
		cmocka_unit_test(runner_missing),
		cmocka_unit_test(catalogue_of_another_build),
		cmocka_unit_test(an_old_result_survives),
		cmocka_unit_test(fail_on),
		cmocka_unit_test(help_and_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
