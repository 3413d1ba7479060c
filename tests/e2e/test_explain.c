/*
 * The teaching allocators publish their locks, so explanations can be checked against them: for
 * every window, the lock, the thread that holds it, and the function that took it.
 */
#include "e2e.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct explained_cell {
	const char *allocator, *scenario, *method;
};

static const struct explained_cell subjects[] = {
	{"teach-none", "pool", "fork"},
	{"teach-none", "signal", "_Fork"},
	{"teach-empty", "pool", "fork"},
	{"teach-forgot", "pool", "fork"},
	{"teach-forgot", "signal", "fork"},
	{"teach-spin", "pool", "fork"},
	{"teach-timed", "pool", "fork"},
	{"teach-lockall", "pool", "_Fork"},
	{"teach-lockall", "signal", "fork"},
	{"teach-reinit", "signal", "fork"},
};
enum { SUBJECTS = sizeof(subjects) / sizeof(subjects[0]) };

/* point 0: none. The story is borrowed from *report. */
static const json_t *explain(const struct explained_cell *of, json_int_t point, json_t **report)
{
	char number[32];
	snprintf(number, sizeof(number), "%lld", (long long)point);
	*report = e2e_run_json(
		E2E_ARGS("explain", "-a", of->allocator, "-s", of->scenario, "-m", of->method,
			"--format", "json", point ? "--point" : NULL, number),
		0);
	const json_t *explanation = json_object_get(*report, "story");
	assert_non_null(explanation);
	return explanation;
}

/* ---- The ground truth ---- */

/* Which functions of the teaching allocator take which lock, and the name of its variable. */
static const struct lock_truth {
	const char *published, *variable, *takers;
} truths[] = {
	{"teach bins lock", "teach_bins", "take_small give_small prepare"},
	{"teach chunks lock", "teach_chunks", "refill take_large give_large prepare"},
};

static const struct lock_truth *truth_of(const char *lock)
{
	for (size_t i = 0; i < sizeof(truths) / sizeof(truths[0]); i++)
		if (strcmp(truths[i].published, lock) == 0)
			return &truths[i];
	e2e_fail("'%s' is no lock of the teaching allocators", lock);
}

static const json_t *frames_of(const json_t *has_stack)
{
	const json_t *frames = json_object_get(json_object_get(has_stack, "stack"), "frames");
	assert_true(json_array_size(frames) > 2);
	return frames;
}

static const char *function_at(const json_t *frames, size_t i)
{
	const char *name =
		json_string_value(json_object_get(json_array_get(frames, i), "function"));
	return name ? name : "";
}

static bool has_function(const json_t *frames, const char *names)
{
	for (size_t i = 0; i < json_array_size(frames); i++)
		if (e2e_is_one_of(function_at(frames, i), names))
			return true;
	return false;
}

static void check_lock(const json_t *lock, const struct lock_truth *truth)
{
	assert_string_equal(e2e_text(lock, "published"), truth->published);
	assert_string_equal(e2e_text(lock, "variable"), truth->variable);
	assert_int_equal(e2e_number(lock, "variable_offset"), 0);
	assert_string_equal(e2e_text(lock, "kind"), "variable");
	assert_non_null(strstr(e2e_text(lock, "module"), "forklab-run-teach-"));
	assert_int_not_equal(e2e_number(lock, "value_at_fork"), 0);
}

static void check_taken(const json_t *lock, const struct lock_truth *truth)
{
	const json_t *taken = json_object_get(lock, "taken");
	if (!json_is_object(taken))
		e2e_fail("who took '%s' is not known", truth->published);
	assert_int_equal(e2e_number(taken, "before"), 0);
	assert_int_not_equal(e2e_number(taken, "after"), 0);
	const json_t *frames = frames_of(taken);
	/* The store itself may be in a function that was inlined there. */
	assert_true(e2e_is_one_of(function_at(frames, 0), "teach_word_take try"));
	assert_true(has_function(frames, "teach_word_take"));
	if (!has_function(frames, truth->takers))
		e2e_fail("none of '%s' is in the stack of the store that took '%s'", truth->takers,
			truth->published);
	assert_true(has_function(frames, "worker_main"));
}

/* The owner word, if it is set: it is stored after the lock is taken. */
static void check_holder(const json_t *explanation, const json_t *lock)
{
	const json_t *owner = json_object_get(lock, "owner_tid");
	if (json_is_integer(owner))
		assert_int_equal(json_integer_value(owner),
			e2e_number(json_object_get(explanation, "worker"), "tid"));
}

static void check_stuck(const json_t *explanation, const struct lock_truth *truth)
{
	const json_t *stuck = json_array_get(json_object_get(explanation, "stuck"), 0);
	const json_t *frames = frames_of(stuck);
	assert_true(has_function(frames, "teach_word_take"));
	assert_true(has_function(frames, truth->takers));
	assert_true(json_array_size(json_object_get(explanation, "reasons")) > 0);
	assert_true(json_array_size(json_object_get(explanation, "remedies")) > 0);
}

static void check_window(const struct explained_cell *of, const json_t *window)
{
	json_t *report;
	const json_t *explanation = explain(of, e2e_number(window, "first"), &report);
	const json_t *lock = json_object_get(explanation, "lock");
	const struct lock_truth *truth = truth_of(e2e_text(window, "lock"));
	assert_string_equal(e2e_text(explanation, "verdict"), e2e_text(window, "verdict"));
	assert_int_equal(e2e_number(explanation, "point"), e2e_number(window, "first"));
	assert_int_equal(
		e2e_number(explanation, "instruction"), e2e_number(window, "first_instruction"));
	check_lock(lock, truth);
	check_taken(lock, truth);
	check_holder(explanation, lock);
	check_stuck(explanation, truth);
	json_decref(report);
}

static void every_window_is_told(void **state)
{
	const struct explained_cell *of = *state;
	json_t *report =
		e2e_run_json(E2E_ARGS("sweep", "-a", of->allocator, "-s", of->scenario, "-m",
				     of->method, "--budget", "900", "--format", "json"),
			0);
	const json_t *windows = json_object_get(e2e_only_cell(report), "windows");
	assert_true(json_array_size(windows) > 0);
	for (size_t i = 0; i < json_array_size(windows); i++)
		check_window(of, json_array_get(windows, i));
	json_decref(report);
}

/* ---- Without a point ---- */

static void the_first_bad_point_is_told(void **state)
{
	static const struct explained_cell forgot = {"teach-forgot", "basic", "fork"};
	json_t *report;
	(void)state;
	const json_t *explanation = explain(&forgot, 0, &report);
	const json_t *fork = json_object_get(explanation, "fork");
	const json_t *handler = json_array_get(json_object_get(fork, "handlers"), 0);
	check_lock(json_object_get(explanation, "lock"), truth_of("teach chunks lock"));
	assert_string_equal(e2e_text(explanation, "end"), "stuck");
	/*
	 * The handler that forgets this lock, and the one that it takes; then the parent's and the
	 * child's.
	 */
	assert_true(e2e_bool(fork, "handlers_complete"));
	assert_int_equal(json_array_size(json_object_get(fork, "handlers")), 3);
	assert_non_null(strstr(e2e_text(handler, "name"), "prepare"));
	const json_t *other = json_array_get(json_object_get(handler, "locks"), 0);
	assert_non_null(strstr(e2e_text(other, "name"), "teach_bins"));
	const char *remedy =
		json_string_value(json_array_get(json_object_get(explanation, "remedies"), 0));
	assert_non_null(strstr(remedy, "forgotten"));
	assert_non_null(strstr(remedy, "teach_chunks"));
	json_decref(report);
}

static void how_the_handler_saved_the_day(void **state)
{
	static const struct explained_cell good[] = {
		{"teach-lockall", "pool", "fork"},
		{"teach-reinit", "pool", "fork"},
	};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		json_t *report;
		const json_t *explanation = explain(&good[i], 0, &report);
		const json_t *fork = json_object_get(explanation, "fork");
		const json_t *lock = json_object_get(explanation, "lock");
		assert_string_equal(e2e_text(explanation, "end"), "waited");
		assert_string_equal(e2e_text(explanation, "verdict"), "ok");
		assert_true(e2e_bool(fork, "waited"));
		assert_true(has_function(frames_of(fork), "prepare"));
		assert_true(has_function(frames_of(fork), "fork"));
		check_lock(lock, truth_of(e2e_text(lock, "published")));
		check_taken(lock, truth_of(e2e_text(lock, "published")));
		const json_t *released = json_object_get(lock, "released");
		assert_string_equal(function_at(frames_of(released), 0), "teach_word_give");
		assert_int_equal(e2e_number(released, "after"), 0);
		/* Not before its release. */
		assert_true(e2e_number(fork, "waited_instructions") >=
			    e2e_number(released, "instructions"));
		json_decref(report);
	}
}

/* The explanation has the audit of the handlers, and the remedy that follows from it. */
static void the_handlers_are_told(void **state)
{
	static const struct {
		struct explained_cell of;
		size_t handlers;
		const char *deeds, *remedy;
	} cases[] = {
		{{"teach-none", "pool", "fork"}, 0, "", "none is registered"},
		{{"teach-empty", "pool", "fork"}, 3, "nothing", "lock nothing"},
		{{"teach-resetonly", "pool", "fork"}, 1, "reinits", "re-initialised in the child"},
		{{"teach-reinit", "signal", "fork"}, 3, "locks releases reinits", "no handler can"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *report;
		const json_t *explanation = explain(&cases[i].of, 0, &report);
		const json_t *fork = json_object_get(explanation, "fork");
		const json_t *handlers = json_object_get(fork, "handlers");
		const json_t *remedy = json_array_get(json_object_get(explanation, "remedies"), 0);
		assert_true(e2e_bool(fork, "handlers_complete"));
		assert_int_equal(json_array_size(handlers), cases[i].handlers);
		for (size_t h = 0; h < cases[i].handlers; h++)
			assert_true(e2e_is_one_of(
				e2e_text(json_array_get(handlers, h), "deed"), cases[i].deeds));
		assert_non_null(strstr(json_string_value(remedy), cases[i].remedy));
		json_decref(report);
	}
}

/* The explanation of a crash has the stack of the crashed thread, at that moment. */
static void who_dies_is_shown(void **state)
{
	static const struct {
		struct explained_cell of;
		const char *signal, *function;
	} cases[] = {
		{{"teach-resetonly", "pool", "fork"}, "signal 6", "complain"},
		{{"teach-nolock", "pool", "_Fork"}, "signal 6", "complain"},
		{{"jemalloc", "signal", "fork"}, "signal 11", "on_alarm"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *report;
		if (!e2e_has_runner(cases[i].of.allocator))
			continue;
		const json_t *explanation = explain(&cases[i].of, 0, &report);
		const json_t *dead = json_array_get(json_object_get(explanation, "stuck"), 0);
		assert_string_equal(e2e_text(explanation, "end"), "died");
		assert_non_null(strstr(e2e_text(dead, "doing"), cases[i].signal));
		assert_true(has_function(frames_of(dead), cases[i].function));
		assert_true(has_function(frames_of(dead), "child_begin"));
		assert_true(json_array_size(json_object_get(explanation, "remedies")) > 0);
		json_decref(report);
	}
}

/* The second time everything is the same but pids. */
static void the_command_tells_it_again(void **state)
{
	static const struct explained_cell none = {"teach-none", "pool", "fork"};
	json_t *first, *second;
	(void)state;
	const json_t *explanation = explain(&none, 0, &first);
	const json_t *again = explain(&none, e2e_number(explanation, "point"), &second);
	assert_string_equal(e2e_text(explanation, "command"), e2e_text(again, "command"));
	assert_int_equal(e2e_number(explanation, "instruction"), e2e_number(again, "instruction"));
	assert_true(json_equal(json_object_get(json_object_get(explanation, "worker"), "stack"),
		json_object_get(json_object_get(again, "worker"), "stack")));
	assert_true(json_equal(json_object_get(json_object_get(explanation, "lock"), "taken"),
		json_object_get(json_object_get(again, "lock"), "taken")));
	json_decref(first);
	json_decref(second);
}

/* The printed command repeats the further options. */
static void further_options_are_kept(void **state)
{
	(void)state;
	json_t *report = e2e_run_json(E2E_ARGS("explain", "-a", "teach-none", "-s", "pool", "-m",
					      "fork", "--cure", "quiesce", "--format", "json"),
		0);
	const json_t *explanation = json_object_get(report, "story");
	assert_string_equal(e2e_text(explanation, "end"), "waited");
	assert_non_null(strstr(e2e_text(explanation, "command"), "--cure quiesce"));
	json_decref(report);
	if (!e2e_has_runner("jemalloc"))
		return;
	report = e2e_run_json(E2E_ARGS("explain", "--preload", "libjemalloc.so.2", "-s", "pool",
				      "-m", "_Fork", "--format", "json"),
		0);
	explanation = json_object_get(report, "story");
	assert_string_equal(
		e2e_text(json_object_get(explanation, "lock"), "module"), "libjemalloc.so.2");
	assert_non_null(strstr(e2e_text(explanation, "command"), "--preload"));
	json_decref(report);
}

/* ---- Formats and bad input ---- */

static void every_format_names_the_lock(void **state)
{
	static const char *const formats[] = {"text", "markdown", "dot"};
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct e2e_result result;
		e2e_run(&result, E2E_ARGS("explain", "-a", "teach-none", "-s", "pool", "-m", "fork",
					 "--format", formats[i]));
		assert_int_equal(result.status, 0);
		/* Markdown has a backslash before the underscore. */
		assert_non_null(strstr(result.out, "teach"));
		assert_true(strstr(result.out, "bins") || strstr(result.out, "chunks"));
		assert_string_equal(result.err, "");
		e2e_free(&result);
	}
}

static void svg_without_graphviz_says_so(void **state)
{
	struct e2e_result result;
	char *path = getenv("PATH");
	(void)state;
	path = path ? strdup(path) : NULL;
	e2e_env("PATH", "/nowhere");
	e2e_run(&result, E2E_ARGS("explain", "-a", "teach-none", "-s", "pool", "-m", "fork",
				 "--format", "svg"));
	e2e_env("PATH", path);
	free(path);
	assert_int_equal(result.status, 2);
	assert_string_equal(result.out, "");
	assert_non_null(strstr(result.err, "graphviz"));
	e2e_free(&result);
}

static void bad_input_is_one_sentence(void **state)
{
	static const struct {
		const char *const args[12];
		const char *says;
	} cases[] = {
		{{"explain"}, "name one allocator"},
		{{"explain", "-a", "teach-none"}, "one scenario"},
		{{"explain", "-a", "glibc,teach-none", "-s", "basic"}, "takes one cell"},
		{{"explain", "-a", "all", "-s", "basic"}, "takes one cell"},
		{{"explain", "-a", "nobody", "-s", "basic"}, "unknown allocator 'nobody'"},
		{{"explain", "-a", "teach-none", "-s", "nothing"}, "unknown scenario 'nothing'"},
		{{"explain", "-a", "teach-none", "-s", "pool", "-m", "fork", "--point", "999999"},
			"the sequence has only"},
		{{"explain", "-a", "teach-none", "-s", "pool", "--point", "0"}, "--point"},
		{{"explain", "-a", "teach-none", "-s", "pool", "--format", "csv"},
			"explain has no format 'csv'"},
		{{"sweep", "-a", "teach-none", "-s", "pool", "--format", "dot"},
			"sweep has no format 'dot'"},
		{{"explain", "-a", "teach-none", "-s", "pool", "--trials", "3"}, "--trials"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct e2e_result result;
		e2e_run(&result, cases[i].args);
		const char *end = strchr(result.err, '\n');
		if (result.status != 2 || !strstr(result.err, cases[i].says) || !end || end[1])
			e2e_fail("case %zu, exit status %d: %s", i, result.status, result.err);
		assert_string_equal(result.out, "");
		e2e_free(&result);
	}
}

static void no_finding_and_no_wait_is_no_mistake(void **state)
{
	struct e2e_result result;
	(void)state;
	e2e_run(&result, E2E_ARGS("explain", "-a", "mimalloc", "-s", "pool", "-m", "_Fork"));
	bool missing = result.status == 2 && strstr(result.err, "not built");
	if (!missing) {
		assert_int_equal(result.status, 0);
		assert_non_null(strstr(result.out, "none of the"));
	}
	e2e_free(&result);
	if (missing)
		skip();
}

int main(int argc, char **argv)
{
	enum { FIXED = 10 };
	static struct CMUnitTest tests[SUBJECTS + FIXED] = {
		cmocka_unit_test(the_first_bad_point_is_told),
		cmocka_unit_test(how_the_handler_saved_the_day),
		cmocka_unit_test(the_command_tells_it_again),
		cmocka_unit_test(who_dies_is_shown),
		cmocka_unit_test(the_handlers_are_told),
		cmocka_unit_test(further_options_are_kept),
		cmocka_unit_test(every_format_names_the_lock),
		cmocka_unit_test(svg_without_graphviz_says_so),
		cmocka_unit_test(bad_input_is_one_sentence),
		cmocka_unit_test(no_finding_and_no_wait_is_no_mistake),
	};
	for (size_t i = 0; i < SUBJECTS; i++)
		tests[FIXED + i] = (struct CMUnitTest){
			.name = subjects[i].allocator,
			.test_func = every_window_is_told,
			.initial_state = (void *)&subjects[i],
		};
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
