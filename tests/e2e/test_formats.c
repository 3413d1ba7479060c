/* Every format that a real run prints can be read back. */
#include "e2e.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const verdicts[] = {"ok", "deadlock", "livelock", "crash", "corruption",
	"refused", "parent-deadlock", "unknown", "skipped", "broken"};
enum { VERDICTS = sizeof verdicts / sizeof verdicts[0], CELLS = 4 };

static void run(struct e2e_result *result, const char *format)
{
	e2e_run(result, E2E_ARGS("stress", "-a", "teach-none,teach-lockall", "-s", "basic", "-m",
				"fork,_Fork", "--trials", "20", "--format", format));
	assert_int_equal(result->status, 0);
	assert_true(result->out_size > 0);
}

static void json(void **state)
{
	(void)state;
	struct e2e_result result;
	run(&result, "json");
	json_t *report = e2e_json(&result);
	json_t *results = json_object_get(report, "results");
	assert_string_equal(e2e_text(report, "schema"), "forklab/1");
	assert_true(json_is_object(json_object_get(report, "host")));
	assert_true(json_is_object(json_object_get(report, "options")));
	assert_int_equal(json_array_size(results), CELLS);
	for (size_t i = 0; i < CELLS; i++) {
		json_t *cell = json_array_get(results, i);
		json_int_t sum = 0;
		for (int v = 0; v < VERDICTS; v++)
			sum += e2e_count(cell, verdicts[v]);
		assert_int_equal(sum, e2e_number(cell, "trials") + e2e_count(cell, "broken"));
		assert_string_equal(e2e_text(cell, "mode"), "stress");
		double upper = json_number_value(json_object_get(cell, "upper95"));
		assert_true(upper > 0 && upper <= 1);
	}
	json_decref(report);
	e2e_free(&result);
}

/* Columns of one line of RFC 4180; *line moves on to the next one. */
static unsigned csv_columns(const char **line)
{
	unsigned columns = 1;
	bool quoted = false;
	const char *at = *line;
	for (; *at && (quoted || *at != '\n'); at++) {
		if (*at == '"')
			quoted = !quoted;
		columns += *at == ',' && !quoted;
	}
	assert_false(quoted);
	*line = *at ? at + 1 : at;
	return columns;
}

static void csv(void **state)
{
	(void)state;
	struct e2e_result result;
	run(&result, "csv");
	const char *line = result.out;
	assert_int_equal(
		strncmp(line, "allocator,version,link,scenario,method,mode,verdict,", 52), 0);
	unsigned columns = csv_columns(&line), rows = 0;
	for (; *line; rows++)
		assert_int_equal(csv_columns(&line), columns);
	assert_int_equal(rows, CELLS);
	e2e_free(&result);
}

static unsigned bars(const char *line, size_t length)
{
	unsigned count = 0;
	for (size_t i = 0; i < length; i++)
		count += line[i] == '|' && (i == 0 || line[i - 1] != '\\');
	return count;
}

static void markdown(void **state)
{
	(void)state;
	struct e2e_result result;
	unsigned rows = 0, columns = 0;
	run(&result, "markdown");
	for (const char *line = result.out; *line; line += strcspn(line, "\n") + 1) {
		size_t length = strcspn(line, "\n");
		if (line[0] != '|') {
			columns = 0;
			continue;
		}
		unsigned here = bars(line, length);
		columns = columns ? columns : here;
		assert_int_equal(here, columns);
		rows++;
	}
	/* Two tables, each with a heading, a rule and two allocators. */
	assert_true(rows >= 8);
	e2e_free(&result);
}

static void text(void **state)
{
	(void)state;
	struct e2e_result result;
	run(&result, "text");
	assert_null(strchr(result.out, '\033'));
	assert_non_null(strstr(result.out, "teach-none"));
	assert_non_null(strstr(result.out, "known answers found"));
	e2e_free(&result);
	e2e_env("NO_COLOR", NULL);
	e2e_run(&result, E2E_ARGS("stress", "-a", "teach-none", "-s", "basic", "-m", "fork",
				 "--trials", "20", "--color", "always"));
	assert_non_null(strchr(result.out, '\033'));
	e2e_free(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json),
		cmocka_unit_test(csv),
		cmocka_unit_test(markdown),
		cmocka_unit_test(text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
