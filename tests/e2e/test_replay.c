/*
 * Every finding of a sweep prints the command that shows exactly that point again, and it does; and
 * so does --point for the ends of every window.
 */
#include "e2e.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGS_MAX = 32, COMMAND_MAX = 512 };

struct cell_name {
	const char *allocator, *scenario, *method;
	const char *verdict;
};

static const struct cell_name cells[] = {
	{"teach-none", "pool", "fork", "deadlock"},
	{"teach-spin", "pool", "_Fork", "livelock"},
	{"teach-resetonly", "pool", "fork", "corruption"},
	{"teach-lockall", "signal", "fork", "parent-deadlock"},
	{"glibc", "pool", "_Fork", "deadlock"},
};
enum { CELLS = sizeof(cells) / sizeof(cells[0]) };

/* Runs a printed command as a user would, with --format json. */
static json_t *run_command(const char *command)
{
	char words[COMMAND_MAX];
	const char *args[ARGS_MAX] = {0};
	size_t count = 0;
	snprintf(words, sizeof(words), "%s", command);
	for (char *save, *word = strtok_r(words, " ", &save); word && count < ARGS_MAX - 3;
		word = strtok_r(NULL, " ", &save))
		args[count++] = word;
	assert_true(count > 2);
	assert_string_equal(args[0], "forklab");
	args[count++] = "--format";
	args[count] = "json";
	return e2e_run_json(args + 1, 0);
}

static void check_one_point(const json_t *cell, json_int_t point, const char *verdict)
{
	const json_t *finding = e2e_finding(cell);
	assert_string_equal(e2e_text(cell, "verdict"), verdict);
	assert_int_equal(e2e_count(cell, verdict), 1);
	assert_int_equal(e2e_number(cell, "bad"), 1);
	assert_int_equal(e2e_number(cell, "tried"), 1);
	assert_int_equal(e2e_number(finding, "point"), point);
	assert_string_equal(e2e_text(finding, "verdict"), verdict);
}

static void same_text(const json_t *a, const json_t *b, const char *key)
{
	assert_string_equal(e2e_text(a, key), e2e_text(b, key));
}

static void check_command(const json_t *cell)
{
	const json_t *finding = e2e_finding(cell);
	json_t *report = run_command(e2e_text(finding, "command"));
	const json_t *again = e2e_only_cell(report);
	check_one_point(again, e2e_number(finding, "point"), e2e_text(cell, "verdict"));
	same_text(finding, e2e_finding(again), "step");
	same_text(finding, e2e_finding(again), "call");
	same_text(finding, e2e_finding(again), "lock");
	same_text(finding, e2e_finding(again), "command");
	json_decref(report);
}

/* Any other point: the command of the finding with another number in it. */
static void check_point(const char *command, json_int_t point, const json_t *window)
{
	static const char option[] = " --point ";
	char other[COMMAND_MAX], *end;
	const char *at = strstr(command, option);
	assert_non_null(at);
	strtol(at + strlen(option), &end, 10);
	snprintf(other, sizeof(other), "%.*s%s%lld%s", (int)(at - command), command, option,
		(long long)point, end);
	json_t *report = run_command(other);
	check_one_point(e2e_only_cell(report), point, e2e_text(window, "verdict"));
	json_decref(report);
}

static void a_finding_is_found_again(void **state)
{
	const struct cell_name *name = *state;
	if (!e2e_has_runner(name->allocator))
		skip();
	json_t *report = e2e_run_json(E2E_ARGS("sweep", "-a", name->allocator, "-s", name->scenario,
					      "-m", name->method, "--format", "json"),
		0);
	const json_t *cell = e2e_only_cell(report), *windows = json_object_get(cell, "windows");
	const json_t *last = json_array_get(windows, json_array_size(windows) - 1);
	assert_string_equal(e2e_text(cell, "verdict"), name->verdict);
	check_command(cell);
	check_point(e2e_text(e2e_finding(cell), "command"), e2e_number(last, "last"), last);
	json_decref(report);
}

/*
 * The command repeats all options that change the sweep: where the fork points are, and which
 * sequence. With every instruction a fork point, point 1 is before the first instruction.
 */
static void the_command_has_all_options(void **state)
{
	(void)state;
	char number[32];
	json_t *report = e2e_run_json(E2E_ARGS("sweep", "-a", "teach-none", "-s", "signal", "-m",
					      "fork", "--seed", "77", "--format", "json"),
		0);
	const json_t *windows = json_object_get(e2e_only_cell(report), "windows");
	json_int_t first = e2e_number(json_array_get(windows, 0), "first_instruction");
	snprintf(number, sizeof(number), "%lld", (long long)first + 1);
	json_decref(report);
	report = e2e_run_json(
		E2E_ARGS("sweep", "-a", "teach-none", "-s", "signal", "-m", "fork", "--seed", "77",
			"--every-instruction", "--point", number, "--format", "json"),
		0);
	const json_t *cell = e2e_only_cell(report);
	const char *command = e2e_text(e2e_finding(cell), "command");
	assert_non_null(strstr(command, "--seed 77"));
	assert_non_null(strstr(command, "--every-instruction"));
	check_one_point(cell, first + 1, "deadlock");
	check_command(cell);
	json_decref(report);
}

/* The one cell of a short sweep, of one point or, with NULL, of all. */
static json_t *run_point(const char *point, int status)
{
	return e2e_run_json(E2E_ARGS("sweep", "-a", "teach-none", "-s", "pool", "-m", "fork",
				    "--format", "json", point ? "--point" : NULL, point),
		status);
}

static void from_the_first_point_to_the_last(void **state)
{
	(void)state;
	char number[32];
	json_t *report = run_point(NULL, 0);
	json_int_t points = e2e_number(e2e_only_cell(report), "points");
	json_int_t ends[] = {1, points};
	json_decref(report);
	for (size_t i = 0; i < 2; i++) {
		snprintf(number, sizeof(number), "%lld", (long long)ends[i]);
		report = run_point(number, 0);
		const json_t *cell = e2e_only_cell(report);
		assert_string_equal(e2e_text(cell, "verdict"), "ok");
		assert_int_equal(e2e_count(cell, "ok"), 1);
		assert_int_equal(e2e_number(cell, "tried"), 1);
		json_decref(report);
	}
	char says[96];
	snprintf(number, sizeof(number), "%lld", (long long)points + 1);
	snprintf(says, sizeof(says), "the sequence has only %lld fork points", (long long)points);
	report = run_point(number, 2);
	const json_t *cell = e2e_only_cell(report);
	assert_string_equal(e2e_text(cell, "verdict"), "skipped");
	assert_non_null(strstr(e2e_text(cell, "why"), says));
	assert_int_equal(e2e_number(cell, "tried"), 0);
	json_decref(report);
}

int main(int argc, char **argv)
{
	static struct CMUnitTest tests[CELLS + 2] = {
		cmocka_unit_test(the_command_has_all_options),
		cmocka_unit_test(from_the_first_point_to_the_last),
	};
	for (size_t i = 0; i < CELLS; i++)
		tests[2 + i] = (struct CMUnitTest){
			.name = cells[i].allocator,
			.test_func = a_finding_is_found_again,
			.initial_state = (void *)&cells[i],
		};
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
