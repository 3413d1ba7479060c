/*
 * `forklab trace`: its output is valid, and shows planted faults. Whether a fork hits a lock is
 * chance; nothing here depends on it.
 */
#include "e2e.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const allocators[] = {"glibc", "teach-none", "teach-lockall"};
enum { ALLOCATORS = sizeof(allocators) / sizeof(allocators[0]) };

static json_t *parse(const struct e2e_result *result)
{
	json_error_t error;
	json_t *root = json_loads(result->out, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		e2e_fail("no JSON: %s", error.text);
	return root;
}

/* ---- The Chrome trace event format ---- */

struct slice {
	json_int_t pid, tid;
	double begin, end;
};

static double real(const json_t *event, const char *key)
{
	const json_t *value = json_object_get(event, key);
	if (!json_is_number(value))
		e2e_fail("an event has no %s", key);
	return json_number_value(value);
}

static int by_track_and_time(const void *a, const void *b)
{
	const struct slice *one = a, *other = b;
	if (one->pid != other->pid)
		return one->pid < other->pid ? -1 : 1;
	if (one->tid != other->tid)
		return one->tid < other->tid ? -1 : 1;
	if (one->begin != other->begin)
		return one->begin < other->begin ? -1 : 1;
	return (one->end < other->end) - (one->end > other->end);
}

/* A viewer shows slices of a track in each other, never across. */
static void check_nesting(struct slice *slice, size_t count)
{
	const double rounding = 0.002; /* us */
	qsort(slice, count, sizeof(*slice), by_track_and_time);
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1;
			j < count && slice[j].pid == slice[i].pid && slice[j].tid == slice[i].tid &&
			slice[j].begin < slice[i].end - rounding;
			j++)
			if (slice[j].end > slice[i].end + rounding)
				e2e_fail("slices cross on %d/%d: %f..%f and %f..%f",
					(int)slice[i].pid, (int)slice[i].tid, slice[i].begin,
					slice[i].end, slice[j].begin, slice[j].end);
}

static bool has_process_name(const json_t *events, json_int_t pid)
{
	size_t i;
	json_t *event;
	json_array_foreach(events, i,
		event) if (strcmp(e2e_text(event, "ph"), "M") == 0 &&
			   e2e_number(event, "pid") == pid &&
			   strcmp(e2e_text(event, "name"), "process_name") == 0) return true;
	return false;
}

/* The flow of each fork: an arrow has both ends, in two processes, and forward in time. */
static void check_flows(const json_t *events)
{
	size_t i, j;
	json_t *from, *to;
	json_array_foreach(events, i, from)
	{
		unsigned ends = 0;
		if (strcmp(e2e_text(from, "ph"), "s") != 0)
			continue;
		json_array_foreach(events, j, to)
		{
			if (strcmp(e2e_text(to, "ph"), "f") != 0 ||
				e2e_number(to, "id") != e2e_number(from, "id"))
				continue;
			ends++;
			assert_true(e2e_number(to, "pid") != e2e_number(from, "pid"));
			assert_true(real(to, "ts") >= real(from, "ts"));
		}
		assert_int_equal(ends, 1);
	}
}

static void check_chrome(const json_t *root)
{
	const json_t *events = json_object_get(root, "traceEvents");
	size_t count = json_array_size(events), slices = 0, i;
	struct slice *slice = calloc(count + 1, sizeof(*slice));
	json_t *event;
	assert_true(count > 0);
	json_array_foreach(events, i, event)
	{
		const char *phase = e2e_text(event, "ph");
		assert_true(e2e_is_one_of(phase, "X M s f i"));
		assert_true(e2e_number(event, "pid") > 0);
		assert_true(e2e_number(event, "tid") > 0);
		assert_true(real(event, "ts") >= 0);
		if (strcmp(phase, "X") != 0)
			continue;
		assert_true(real(event, "dur") >= 0);
		slice[slices++] = (struct slice){.pid = e2e_number(event, "pid"),
			.tid = e2e_number(event, "tid"),
			.begin = real(event, "ts"),
			.end = real(event, "ts") + real(event, "dur")};
	}
	check_nesting(slice, slices);
	check_flows(events);
	for (i = 0; i < slices; i++)
		if ((i == 0 || slice[i].pid != slice[i - 1].pid) &&
			!has_process_name(events, slice[i].pid))
			e2e_fail("process %d has no name", (int)slice[i].pid);
	free(slice);
}

/* ---- JSON lines ---- */

struct line_sums {
	json_int_t told; /* events that the lines on the trials announce */
	json_int_t events, pid_changes, inherited;
	unsigned trials, files, heaps;
	char verdict[32]; /* of the last trial */
};

static void add_event(struct line_sums *sums, const json_t *line)
{
	const json_t *pid = json_object_get(line, "pid");
	json_int_t before = json_integer_value(json_array_get(pid, 0));
	json_int_t after = json_integer_value(json_array_get(pid, 1));
	assert_true(before > 0 && after > 0);
	sums->events++;
	sums->pid_changes += strcmp(e2e_text(line, "kind"), "call") == 0 && before != after;
	assert_true(e2e_number(line, "begin_ns") > 0);
	if (json_is_integer(json_object_get(line, "end_ns")))
		assert_true(e2e_number(line, "end_ns") >= e2e_number(line, "begin_ns"));
}

static void add_line(struct line_sums *sums, const json_t *line)
{
	const char *kind = e2e_text(line, "kind");
	assert_true(e2e_is_one_of(kind, "trial files heap inherited call fork hold step"));
	if (strcmp(kind, "trial") == 0) {
		sums->trials++;
		sums->told += e2e_number(line, "events");
		snprintf(sums->verdict, sizeof(sums->verdict), "%s", e2e_text(line, "verdict"));
	} else if (strcmp(kind, "files") == 0) {
		sums->files++;
	} else if (strcmp(kind, "heap") == 0) {
		sums->heaps++;
	} else if (strcmp(kind, "inherited") == 0) {
		sums->inherited++;
	} else {
		add_event(sums, line);
	}
}

static struct line_sums read_lines(char *text)
{
	struct line_sums sums = {0};
	bool first = true;
	for (char *save, *at = strtok_r(text, "\n", &save); at; at = strtok_r(NULL, "\n", &save)) {
		json_error_t error;
		json_t *line = json_loads(at, JSON_REJECT_DUPLICATES, &error);
		if (!line)
			e2e_fail("no JSON: %s: %s", error.text, at);
		if (first)
			assert_string_equal(e2e_text(line, "schema"), "forklab-trace/1");
		else
			add_line(&sums, line);
		first = false;
		json_decref(line);
	}
	assert_int_equal(sums.told, sums.events);
	return sums;
}

static struct line_sums trace_lines(
	const char *allocator, const char *scenario, const char *method, const char *trials)
{
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("trace", "-a", allocator, "-s", scenario, "-m", method,
				 "--trials", trials, "--format", "lines"));
	assert_int_equal(result.status, 0);
	struct line_sums sums = read_lines(result.out);
	e2e_free(&result);
	return sums;
}

/* ---- Every scenario ---- */

static void check_chrome_trace(const char *allocator, const char *scenario)
{
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("trace", "-a", allocator, "-s", scenario, "--trials", "2",
				 "--format", "chrome"));
	assert_int_equal(result.status, 0);
	json_t *trace = parse(&result);
	check_chrome(trace);
	json_decref(trace);
	e2e_free(&result);
}

/*
 * As slices with each allocator; as lines with one of them, another one in each scenario: both
 * formats are printed from the same records.
 */
static void every_scenario_is_traced(void **state)
{
	(void)state;
	struct e2e_result list;
	e2e_run(&list, E2E_ARGS("list", "--format", "json"));
	json_t *root = parse(&list), *scenario;
	size_t i;
	json_array_foreach(json_object_get(root, "scenarios"), i, scenario)
	{
		const char *name = e2e_text(scenario, "name");
		for (size_t a = 0; a < ALLOCATORS; a++) {
			if (!e2e_has_runner(allocators[a]))
				continue;
			check_chrome_trace(allocators[a], name);
			if (i % ALLOCATORS == a)
				assert_int_equal(
					trace_lines(allocators[a], name, "fork", "1").trials, 1);
		}
	}
	json_decref(root);
	e2e_free(&list);
}

/* The logger's fork always comes in the middle of an allocation, a plain one's never. */
static void changed_pid(void **state)
{
	(void)state;
	struct line_sums sums = trace_lines("glibc", "logger-aware", "fork", "3");
	assert_int_equal(sums.trials, 3);
	assert_int_equal(sums.pid_changes, 3);
	sums = trace_lines("glibc", "basic", "fork", "3");
	assert_int_equal(sums.trials, 3);
	assert_int_equal(sums.pid_changes, 0);
	/* Four looks at the descriptors and three at the heap in each trial that ends well. */
	assert_int_equal(sums.files, 12);
	assert_int_equal(sums.heaps, 9);
}

/* ---- Planted faults ---- */

static void trace_fault(struct e2e_result *result, const char *fault, const char *format)
{
	e2e_env("FORKLAB_FAULT", fault);
	e2e_run(result, E2E_ARGS("trace", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a",
				"fault", "-s", "basic", "--trials", "1", "--format", format));
}

static void planted_faults_are_shown(void **state)
{
	(void)state;
	static const struct {
		const char *fault, *text;
	} known[] = {
		{"", "the same 3 descriptors"},
		{"leak-file", "leaked 3 -> /dev/zero"},
		{"leak-file-parent", "leaked 3 -> /dev/zero"},
		{"close-file", "closed 0 -> /dev/null"},
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct e2e_result result;
		trace_fault(&result, known[i].fault, "text");
		assert_int_equal(result.status, 0);
		if (!strstr(result.out, known[i].text))
			e2e_fail("%s: no '%s' in %s", known[i].fault, known[i].text, result.out);
		bool leak = strstr(result.out, "leaked") != NULL;
		assert_int_equal(leak, strncmp(known[i].fault, "leak", 4) == 0);
		e2e_free(&result);
	}
}

/* The results of all checks of the heap: "sound sound sound". */
static void heaps(const char *fault, char *text, size_t size)
{
	struct e2e_result result;
	size_t used = 0;
	trace_fault(&result, fault, "lines");
	assert_int_equal(result.status, 0);
	text[0] = '\0';
	for (char *save, *at = strtok_r(result.out, "\n", &save); at;
		at = strtok_r(NULL, "\n", &save)) {
		json_t *line = json_loads(at, 0, NULL);
		if (strcmp(e2e_text(line, "kind"), "heap") == 0)
			used += (size_t)snprintf(text + used, size - used, "%s ",
				e2e_bool(line, "sound") ? "sound" : "damaged");
		json_decref(line);
	}
	e2e_free(&result);
}

static void damaged_heaps_are_shown(void **state)
{
	(void)state;
	char text[64];
	heaps("", text, sizeof(text));
	assert_string_equal(text, "sound sound sound ");
	heaps("break-heap", text, sizeof(text));
	assert_string_equal(text, "sound damaged sound ");
	heaps("break-heap-parent", text, sizeof(text));
	assert_string_equal(text, "sound sound damaged ");
}

/* Blocks that overlap are a child's end, and its trace is there all the same. */
static void crashes_and_hangs_have_a_trace(void **state)
{
	(void)state;
	static const struct {
		const char *fault, *verdict;
	} known[] = {{"segv", "crash"}, {"hang", "deadlock"}, {"prepare-hang", "parent-deadlock"},
		{"overlap", "corruption"}};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct e2e_result result;
		trace_fault(&result, known[i].fault, "lines");
		assert_int_equal(result.status, 0);
		struct line_sums sums = read_lines(result.out);
		if (strcmp(sums.verdict, known[i].verdict) != 0)
			e2e_fail("%s: %s, not %s", known[i].fault, sums.verdict, known[i].verdict);
		assert_true(sums.events > 0);
		e2e_free(&result);
		trace_fault(&result, known[i].fault, "chrome");
		json_t *trace = parse(&result);
		check_chrome(trace);
		json_decref(trace);
		e2e_free(&result);
	}
}

static void scribbled_trace_hurts_nobody(void **state)
{
	(void)state;
	static const char *const formats[] = {"text", "lines", "chrome"};
	for (size_t i = 0; i < 3; i++) {
		struct e2e_result result;
		trace_fault(&result, "scribble-trace", formats[i]);
		assert_int_equal(result.status, 0);
		if (i == 1)
			read_lines(result.out);
		e2e_free(&result);
	}
}

/* ---- Bad input ---- */

static void bad_input(void **state)
{
	(void)state;
	static const struct {
		const char *args[8];
		const char *says;
	} known[] = {
		{{"trace"}, "name one allocator and one scenario"},
		{{"trace", "-a", "glibc"}, "name one allocator and one scenario"},
		{{"trace", "-a", "glibc,teach-none", "-s", "basic"}, "name one allocator"},
		{{"trace", "-a", "all", "-s", "basic"}, "name one allocator"},
		{{"trace", "-a", "glibc", "-s", "basic", "-m", "fork,_Fork"}, "one fork method"},
		{{"trace", "-a", "glibc", "-s", "bsic"}, "did you mean 'basic'"},
		{{"trace", "-a", "glibc", "-s", "basic", "--format", "csv"}, "has no format 'csv'"},
		{{"stress", "--format", "chrome"}, "has no format 'chrome'"},
		{{"trace", "-a", "glibc", "-s", "basic", "--point", "3"}, "belongs to"},
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const char *args[9] = {0};
		struct e2e_result result;
		memcpy(args, known[i].args, sizeof(known[i].args));
		e2e_run(&result, args);
		assert_int_equal(result.status, 2);
		assert_string_equal(result.out, "");
		if (!strstr(result.err, known[i].says))
			e2e_fail("no '%s' in %s", known[i].says, result.err);
		e2e_free(&result);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_scenario_is_traced),
		cmocka_unit_test(changed_pid),
		cmocka_unit_test(planted_faults_are_shown),
		cmocka_unit_test(damaged_heaps_are_shown),
		cmocka_unit_test(crashes_and_hangs_have_a_trace),
		cmocka_unit_test(scribbled_trace_hurts_nobody),
		cmocka_unit_test(bad_input),
	};
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
