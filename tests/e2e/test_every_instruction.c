/*
 * Sweeps fork only where the memory that a child inherits has changed. That nothing is lost by it:
 * a sweep that forks after every instruction finds the same windows.
 *
 * $FORKLAB_THOROUGH=1: more sequences, some minutes.
 */
#include "e2e.h"

#include <stdlib.h>
#include <string.h>

struct swept_cell {
	const char *allocator, *scenario, *method;
	bool thorough; /* only then */
};

static const struct swept_cell sequences[] = {
	{"glibc", "pool", "_Fork", false},
	{"teach-none", "pool", "fork", false},
	{"teach-resetonly", "pool", "fork", true},
	{"teach-none", "signal", "fork", true},
	{"teach-forgot", "logger-aware", "fork", true},
	{"glibc", "logger-aware", "_Fork", true},
	{"tcmalloc-minimal", "pool", "_Fork", true},
	{"jemalloc", "pool", "_Fork", true},
};
enum { SEQUENCES = sizeof(sequences) / sizeof(sequences[0]) };

static json_t *sweep(const struct swept_cell *sequence, const char *option)
{
	struct e2e_process process;
	struct e2e_result result;
	e2e_start(&process,
		E2E_ARGS("sweep", "-a", sequence->allocator, "-s", sequence->scenario, "-m",
			sequence->method, "--budget", "900", "--format", "json", option));
	e2e_finish(&process, &result, 1000);
	assert_int_equal(result.status, 0);
	json_t *report = e2e_json(&result);
	assert_true(e2e_bool(e2e_only_cell(report), "complete"));
	e2e_free(&result);
	return report;
}

static void check_same_window(const json_t *some, const json_t *every)
{
	json_int_t first = e2e_number(some, "first_instruction"),
		   end = e2e_number(some, "end_instruction");
	if (first != e2e_number(every, "first_instruction") ||
		end != e2e_number(every, "end_instruction") ||
		strcmp(e2e_text(some, "verdict"), e2e_text(every, "verdict")) != 0)
		e2e_fail("%s from instruction %lld to %lld; with every instruction %s from %lld to "
			 "%lld",
			e2e_text(some, "verdict"), (long long)first, (long long)end,
			e2e_text(every, "verdict"),
			(long long)e2e_number(every, "first_instruction"),
			(long long)e2e_number(every, "end_instruction"));
}

static void both_find_the_same_windows(void **state)
{
	const struct swept_cell *sequence = *state;
	if (!e2e_has_runner(sequence->allocator))
		skip();
	json_t *some = sweep(sequence, NULL), *every = sweep(sequence, "--every-instruction");
	const json_t *few = e2e_only_cell(some), *many = e2e_only_cell(every);
	const json_t *windows = json_object_get(few, "windows"),
		     *all = json_object_get(many, "windows");
	assert_true(json_array_size(windows) > 0);
	assert_int_equal(json_array_size(windows), json_array_size(all));
	for (size_t i = 0; i < json_array_size(all); i++)
		check_same_window(json_array_get(windows, i), json_array_get(all, i));
	assert_int_equal(e2e_number(few, "instructions"), e2e_number(many, "instructions"));
	assert_true(e2e_number(many, "points") >= e2e_number(many, "instructions"));
	assert_true(e2e_number(few, "points") < e2e_number(many, "points") / 2);
	json_decref(some);
	json_decref(every);
}

int main(int argc, char **argv)
{
	static struct CMUnitTest tests[SEQUENCES];
	const char *wish = getenv("FORKLAB_THOROUGH");
	bool thorough = wish && strcmp(wish, "1") == 0;
	size_t count = 0;
	/* cmocka passes over entries without a function. */
	for (size_t i = 0; i < SEQUENCES; i++)
		if (thorough || !sequences[i].thorough)
			tests[count++] = (struct CMUnitTest){
				.name = sequences[i].allocator,
				.test_func = both_find_the_same_windows,
				.initial_state = (void *)&sequences[i],
			};
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
