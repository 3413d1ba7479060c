/* The formats for programs and for GitHub, printed and read back. */
#include "sweep_report_fixture.h"

#include "shm_map.h"

#include <jansson.h>
#include <locale.h>
#include <math.h>

enum { CSV_ROWS = CELLS + 1, CSV_FIELDS = 64 };

static const char *const stress_keys[] = {"trials", "planned", "aimed", "bad_rate", "upper95"};
static const char *const sweep_keys[] = {"points", "tried", "waited", "left_out", "instructions",
	"complete", "reach", "windows", "windows_lost"};
enum { STRESS_KEYS = 5, SWEEP_KEYS = 9 };

static const enum output_format formats[] = {
	OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_CSV, OUTPUT_MARKDOWN, OUTPUT_JUNIT};
enum { FORMATS = sizeof(formats) / sizeof(formats[0]) };

static void an_empty_report_can_be_printed(void **state)
{
	(void)state;
	report.cells = 0;
	report.notes = 0;
	for (size_t i = 0; i < FORMATS; i++) {
		char *text = print_as(formats[i], &(struct print_options){.width = 80});
		assert_true(*text);
		free(text);
	}
}

static void an_error_of_the_stream_is_told(void **state)
{
	(void)state;
	assert_int_equal(results_build(&report), 0);
	for (size_t i = 0; i < FORMATS; i++) {
		FILE *full = fopen("/dev/full", "w");
		assert_non_null(full);
		(void)setvbuf(full, NULL, _IONBF, 0);
		assert_true(run_print(full, formats[i], &report,
				    &(struct print_options){.width = 80}) < 0);
		(void)fclose(full);
	}
	results_free(&report);
}

/* The value at "results", cell, key. */
static json_t *field(json_t *root, size_t cell, const char *key)
{
	json_t *value =
		json_object_get(json_array_get(json_object_get(root, "results"), cell), key);
	if (!value)
		fail_msg("cell %zu has no %s", cell, key);
	return value;
}

static json_t *print_and_load(void)
{
	char *text = print_as(OUTPUT_JSON, &(struct print_options){0});
	json_error_t error;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (!root)
		fail_msg("line %d: %s", error.line, error.text);
	free(text);
	return root;
}

static void json_holds_the_run(void **state)
{
	json_t *root = print_and_load();
	json_t *options = json_object_get(root, "options");
	(void)state;
	assert_string_equal(json_string_value(json_object_get(root, "schema")), "forklab/1");
	assert_int_equal(json_array_size(json_object_get(root, "results")), CELLS);
	assert_int_equal(json_array_size(json_object_get(root, "controls")), 2);
	assert_int_equal(json_array_size(json_object_get(root, "notes")), 2);
	assert_true(json_is_true(json_object_get(root, "sufficient")));
	assert_true(json_is_false(json_object_get(root, "partial")));
	assert_string_equal(
		json_string_value(json_object_get(options, "seed")), "18446744073709551615");
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(root, "host"), "cpus")), 2);
	json_decref(root);
}

static void json_holds_every_cell(void **state)
{
	json_t *root = print_and_load();
	(void)state;
	for (size_t i = 0; i < CELLS; i++) {
		json_t *counts = field(root, i, "counts");
		assert_string_equal(
			json_string_value(field(root, i, "allocator")), cells[i].allocator);
		assert_string_equal(
			json_string_value(field(root, i, "scenario")), cells[i].scenario);
		assert_string_equal(json_string_value(field(root, i, "method")),
			fork_method_name(cells[i].method));
		assert_int_equal(json_integer_value(field(root, i, "trials")), cells[i].trials);
		assert_true(
			fabs(json_real_value(field(root, i, "upper95")) - cells[i].upper95) < 1e-9);
		assert_int_equal(json_object_size(counts), VERDICT_COUNT);
		for (int v = 0; v < VERDICT_COUNT; v++)
			assert_int_equal(json_integer_value(json_object_get(
						 counts, verdict_name((enum verdict)v))),
				cells[i].count[v]);
	}
	assert_string_equal(json_string_value(field(root, 3, "verdict")), "skipped");
	assert_true(json_is_null(field(root, 7, "verdict")));
	json_decref(root);
}

static void json_holds_the_finding(void **state)
{
	json_t *root = print_and_load(), *finding = field(root, 1, "finding");
	(void)state;
	assert_true(json_is_null(field(root, 0, "finding")));
	assert_true(json_is_null(field(root, 0, "latency_ms")));
	assert_true(
		json_real_value(json_object_get(field(root, 1, "latency_ms"), "median")) == 1.25);
	assert_true(json_real_value(json_object_get(field(root, 1, "latency_ms"), "p99")) == 3.5);
	assert_string_equal(json_string_value(json_object_get(finding, "futex")), "0x7ffff7df8c60");
	assert_string_equal(
		json_string_value(json_object_get(finding, "pc")), "0xffffffffff600000");
	assert_true(json_is_null(json_object_get(finding, "sp")));
	assert_true(json_is_null(json_object_get(finding, "signal")));
	assert_string_equal(json_string_value(json_object_get(finding, "certainty")), "proven");
	assert_string_equal(
		json_string_value(json_object_get(finding, "command")), cells[1].finding.command);
	assert_int_equal(json_array_size(json_object_get(finding, "reasons")), 2);
	json_decref(root);
}

static void json_survives_what_json_cannot_say(void **state)
{
	json_t *root;
	(void)state;
	cells[0].bad_rate = NAN;
	cells[0].upper95 = INFINITY;
	cells[0].latency_median_ms = NAN;
	cells[1].latency_p99_ms = NAN;
	cells[1].finding.reasons = 1000;
	cells[1].finding.latency_ms = -INFINITY;
	root = print_and_load();
	assert_true(json_is_null(field(root, 0, "bad_rate")));
	assert_true(json_is_null(field(root, 0, "upper95")));
	assert_true(json_is_null(field(root, 0, "latency_ms")));
	assert_true(json_is_null(json_object_get(field(root, 1, "latency_ms"), "p99")));
	assert_string_equal(
		json_string_value(field(root, 3, "why")), "no \"logger\", no   [31mcry??");
	json_decref(root);
}

static void json_gives_each_mode_its_keys(void **state)
{
	json_t *root = print_and_load();
	(void)state;
	assert_int_equal(json_array_size(json_object_get(root, "results")), SWEEP_CELLS);
	for (size_t i = 0; i < SWEEP_CELLS; i++) {
		bool sweep = i % 2;
		json_t *cell = json_array_get(json_object_get(root, "results"), i);
		assert_string_equal(
			json_string_value(field(root, i, "mode")), sweep ? "sweep" : "stress");
		for (size_t k = 0; k < STRESS_KEYS; k++)
			assert_int_equal(json_object_get(cell, stress_keys[k]) != NULL, !sweep);
		for (size_t k = 0; k < SWEEP_KEYS; k++)
			assert_int_equal(json_object_get(cell, sweep_keys[k]) != NULL, sweep);
	}
	json_decref(root);
}

static json_int_t number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

static void json_holds_the_sweep(void **state)
{
	json_t *root, *cell, *window, *coverage;
	(void)state;
	report.options.every_instruction = true;
	root = print_and_load();
	assert_true(json_is_true(
		json_object_get(json_object_get(root, "options"), "every_instruction")));
	cell = json_array_get(json_object_get(root, "results"), 3);
	assert_int_equal(number(cell, "points"), 952);
	assert_int_equal(number(cell, "tried"), 900);
	assert_int_equal(number(cell, "waited"), 52);
	assert_int_equal(number(cell, "left_out"), 0);
	assert_int_equal(number(cell, "instructions"), 25431);
	assert_int_equal(number(cell, "proven"), 44);
	assert_int_equal(number(cell, "bad"), 44);
	assert_int_equal(number(cell, "windows_lost"), 10);
	assert_true(json_is_true(json_object_get(cell, "complete")));
	assert_true(json_is_false(field(root, 9, "complete")));
	assert_true(json_is_true(field(root, 9, "cut")));
	assert_string_equal(json_string_value(field(root, 11, "why")), "no stepping on aarch64");
	assert_string_equal(json_string_value(field(root, 11, "verdict")), "skipped");
	coverage = json_object_get(cell, "reach");
	assert_int_equal(number(coverage, "instructions"), 1234);
	assert_int_equal(number(coverage, "functions"), 56);
	assert_int_equal(number(coverage, "syscalls"), 12);
	assert_int_equal(number(coverage, "calls"), 4);
	assert_true(json_is_null(json_object_get(field(root, 11, "reach"), "functions")));
	assert_int_equal(json_array_size(json_object_get(cell, "windows")), 2);
	assert_int_equal(json_array_size(field(root, 5, "windows")), 0);
	window = json_array_get(json_object_get(cell, "windows"), 1);
	assert_int_equal(number(window, "first"), 300);
	assert_int_equal(number(window, "last"), 400);
	assert_int_equal(number(window, "first_instruction"), 3000);
	assert_int_equal(number(window, "end_instruction"), 4010);
	assert_int_equal(number(window, "left_out"), 90);
	assert_int_equal(number(window, "proven"), 0);
	assert_string_equal(json_string_value(json_object_get(window, "verdict")), "livelock");
	assert_string_equal(json_string_value(json_object_get(window, "step")), "free-others");
	assert_string_equal(json_string_value(json_object_get(window, "call")), "malloc(1500)");
	assert_string_equal(
		json_string_value(json_object_get(window, "worker")), "_int_malloc+0x1f");
	assert_string_equal(
		json_string_value(json_object_get(window, "waiter")), "libc.so.6+0x8701b");
	assert_true(json_is_null(json_object_get(window, "lock")));
	assert_true(json_is_null(json_object_get(window, "holder")));
	json_decref(root);
}

/* Two runs of a sweep are compared without "seconds" and "latency_ms" of the cell, and no more. */
static void json_keeps_chance_apart_from_a_sweep(void **state)
{
	json_t *first, *second;
	(void)state;
	for (size_t i = 0; i < SWEEP_RESULTS; i++)
		sweep_of(i)->finding.futex_value = (uint32_t)sweep_of(i)->finding.owner_tid;
	first = print_and_load();
	for (size_t i = 0; i < SWEEP_RESULTS; i++) {
		sweep_of(i)->seconds += 1;
		sweep_of(i)->latency_median_ms = sweep_of(i)->latency_p99_ms = 7;
		sweep_of(i)->trial_median_ms = 7;
		sweep_of(i)->finding.latency_ms = 7;
		sweep_of(i)->finding.owner_tid += 7;
		sweep_of(i)->finding.futex_value += 7;
	}
	second = print_and_load();
	for (size_t i = 1; i < SWEEP_CELLS; i += 2) {
		json_t *a = json_array_get(json_object_get(first, "results"), i);
		json_t *b = json_array_get(json_object_get(second, "results"), i);
		assert_false(json_equal(a, b));
		assert_int_equal(json_object_del(a, "seconds") | json_object_del(b, "seconds"), 0);
		assert_int_equal(
			json_object_del(a, "latency_ms") | json_object_del(b, "latency_ms"), 0);
		assert_true(json_equal(a, b));
	}
	assert_int_equal(number(field(second, 1, "finding"), "point"), 210);
	assert_null(json_object_get(field(second, 1, "finding"), "trial"));
	assert_int_equal(number(field(second, 2, "finding"), "trial"), 17);
	assert_int_equal(number(field(second, 2, "finding"), "futex_value"), 2);
	assert_int_equal(number(field(second, 2, "finding"), "owner_tid"), 4711);
	json_decref(first);
	json_decref(second);
}

struct csv {
	size_t rows;
	size_t fields[CSV_ROWS + 1];
	char *field[CSV_ROWS + 1][CSV_FIELDS];
};

/* Splits RFC 4180 text in place. */
static void parse_csv(struct csv *csv, char *text)
{
	char *from = text, *to = text;
	*csv = (struct csv){0};
	while (*from) {
		char end;
		bool quoted = *from == '"';
		assert_true(csv->rows <= CSV_ROWS);
		assert_true(csv->fields[csv->rows] < CSV_FIELDS);
		csv->field[csv->rows][csv->fields[csv->rows]++] = to;
		from += quoted;
		while (quoted ? *from != '"' || from[1] == '"' : !strchr(",\r", *from)) {
			assert_true(*from != '\0' && (quoted || *from != '"'));
			from += quoted && *from == '"';
			*to++ = *from++;
		}
		from += quoted;
		end = *from++;
		*to++ = '\0';
		assert_true(end == ',' || end == '\r');
		if (end == '\r') {
			assert_int_equal(*from++, '\n');
			csv->rows++;
		}
	}
}

static const char *csv_value(const struct csv *csv, size_t cell, const char *column)
{
	for (size_t i = 0; i < csv->fields[0]; i++)
		if (strcmp(csv->field[0][i], column) == 0)
			return csv->field[cell + 1][i];
	fail_msg("no column %s", column);
	return "";
}

static void csv_reads_back_by_columns(void **state)
{
	char *text = print_as(OUTPUT_CSV, &(struct print_options){.color = true, .width = 10});
	struct csv csv;
	(void)state;
	assert_null(strchr(text, '\033'));
	parse_csv(&csv, text);
	assert_int_equal(csv.rows, CSV_ROWS);
	for (size_t i = 0; i < CELLS; i++) {
		assert_int_equal(csv.fields[i + 1], csv.fields[0]);
		assert_string_equal(csv_value(&csv, i, "allocator"), cells[i].allocator);
		assert_string_equal(csv_value(&csv, i, "scenario"), cells[i].scenario);
		assert_string_equal(
			csv_value(&csv, i, "method"), fork_method_name(cells[i].method));
		assert_int_equal(atoi(csv_value(&csv, i, "trials")), cells[i].trials);
		for (int v = 0; v < VERDICT_COUNT; v++)
			assert_int_equal(atoi(csv_value(&csv, i, verdict_name((enum verdict)v))),
				cells[i].count[v]);
	}
	assert_string_equal(csv_value(&csv, 1, "verdict"), "deadlock");
	assert_string_equal(csv_value(&csv, 1, "bad"), "37");
	assert_string_equal(csv_value(&csv, 1, "bad_rate"), "0.0925");
	assert_string_equal(csv_value(&csv, 1, "finding"),
		"the child in malloc(1500): blocked forever on main_arena (word "
		"2), "
		"held by worker 2");
	assert_string_equal(csv_value(&csv, 1, "command"), cells[1].finding.command);
	assert_string_equal(csv_value(&csv, 0, "finding"), "");
	assert_string_equal(csv_value(&csv, 0, "latency_median_ms"), "");
	assert_string_equal(csv_value(&csv, 3, "why"), "no \"logger\", no   [31mcry??");
	assert_string_equal(csv_value(&csv, 7, "verdict"), "");
	free(text);
}

static void csv_gives_each_mode_its_columns(void **state)
{
	static const char *const numbers[] = {"points", "952", "tried", "900", "waited", "52",
		"left_out", "0", "instructions", "25431", "complete", "true", "windows", "2",
		"windows_lost", "10", "reach_instructions", "1234", "reach_functions", "56",
		"reach_syscalls", "12", "reach_calls", "4", "point", "210", "bad", "44", "trials",
		"", "upper95", "", "trial", "", "mode", "sweep"};
	char *text = print_as(OUTPUT_CSV, &(struct print_options){0});
	struct csv csv;
	(void)state;
	parse_csv(&csv, text);
	assert_int_equal(csv.rows, SWEEP_CELLS + 1);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i += 2) {
		assert_string_equal(csv_value(&csv, 3, numbers[i]), numbers[i + 1]);
		if (i < 26) /* up to "point": not in a row of stress */
			assert_string_equal(csv_value(&csv, 2, numbers[i]), "");
	}
	assert_string_equal(csv_value(&csv, 2, "trial"), "17");
	assert_string_equal(csv_value(&csv, 2, "trials"), "400");
	assert_string_equal(csv_value(&csv, 5, "point"), "");
	assert_string_equal(csv_value(&csv, 9, "complete"), "false");
	assert_string_equal(csv_value(&csv, 11, "why"), "no stepping on aarch64");
	free(text);
}

/* Unescaped bars of a line: one more than a table has columns. */
static size_t bars(const char *line, size_t length)
{
	size_t count = 0;
	for (size_t i = 0; i < length; i++) {
		if (line[i] == '\\')
			i++;
		else
			count += line[i] == '|';
	}
	return count;
}

static void markdown_tables_are_rectangular(void **state)
{
	char *text =
		print_as(OUTPUT_MARKDOWN, &(struct print_options){.utf8 = true, .color = true});
	size_t rows = 0;
	(void)state;
	assert_null(strchr(text, '\033'));
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
		size_t count = bars(line, strcspn(line, "\n"));
		if (*line != '|')
			continue;
		assert_int_equal(count, 6);
		rows++;
	}
	assert_int_equal(rows, 2 * (2 + 3));
	assert_holds(text, "| we\\|rd\\_\"name\", \\*of\\* \\`it\\`<br>5.3.0 |");
	assert_holds(text, "| **deadlock** \\[1\\]<br>37 of 400 |");
	assert_holds(text, "1. glibc / signal / fork(): deadlock in 37 of 400 trials");
	assert_holds(text, "see \\[1\\] \\& \\<b\\>think\\</b\\>.");
	assert_holds(text, "`` forklab stress -a we|rd_\"name\", *of* `it` -s pool");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		REPORT_TEST(an_empty_report_can_be_printed),
		REPORT_TEST(an_error_of_the_stream_is_told),
		REPORT_TEST(json_holds_the_run),
		REPORT_TEST(json_holds_every_cell),
		REPORT_TEST(json_holds_the_finding),
		REPORT_TEST(json_survives_what_json_cannot_say),
		REPORT_TEST(csv_reads_back_by_columns),
		SWEEP_TEST(json_gives_each_mode_its_keys),
		SWEEP_TEST(json_holds_the_sweep),
		SWEEP_TEST(json_keeps_chance_apart_from_a_sweep),
		SWEEP_TEST(csv_gives_each_mode_its_columns),
		REPORT_TEST(markdown_tables_are_rectangular),
	};
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
