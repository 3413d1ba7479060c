/*
 * The scenarios that are not in the default table: what each must find in an allocator with a known
 * answer, and what it must not find; and that every real allocator runs all of them.
 */
#include "e2e.h"

#include <stdio.h>
#include <string.h>

#define FURTHER                                                                                    \
	"crossfree,dlopen,exec,exit,handlers-first,handlers-last,init,nested,prefork,"             \
	"prefork-pool,signal-in-fork,snapshot,spawn,stdio"
enum { SCENARIOS = 14, METHODS = 2 };

static const char *const verdicts[] = {"deadlock", "livelock", "crash", "corruption", "refused",
	"parent-deadlock", "unknown", "skipped", "broken"};
enum { VERDICTS = sizeof(verdicts) / sizeof(verdicts[0]) };

/*
 * "" as `must`: only ok. The rarest is a deadlock of teach-none in dlopen, in a quarter of the
 * trials; a parent-deadlock of ordered handlers occurs in all. ROUNDS * TRIALS trials miss what is
 * hit once in ten with a probability of 0.9^240, 1e-11.
 */
struct scenario_answer {
	const char *allocator, *scenario, *method;
	const char *must, *may;
};
enum { TRIALS = 12, ROUNDS = 20 };

static const struct scenario_answer answers[] = {
	{"teach-none", "crossfree", "fork", "deadlock", ""},
	{"teach-none", "exec", "fork", "deadlock", ""},
	{"teach-none", "exit", "fork", "deadlock", ""},
	{"teach-none", "nested", "fork", "deadlock", ""},
	{"teach-none", "stdio", "fork", "deadlock", ""},
	{"teach-none", "handlers-last", "fork", "deadlock", ""},
	{"teach-none", "handlers-first", "fork", "deadlock", ""},
	{"teach-none", "dlopen", "fork", "deadlock", ""},
	{"teach-lockall", "dlopen", "fork", "", ""},
	{"teach-none", "prefork", "fork", "deadlock", ""},
	{"teach-none", "prefork-pool", "fork", "deadlock", ""},
	{"teach-none", "snapshot", "fork", "deadlock", ""},
	{"teach-lockall", "prefork", "fork", "", ""},
	{"teach-lockall", "prefork-pool", "fork", "", ""},
	{"teach-lockall", "snapshot", "fork", "", ""},
	{"teach-none", "spawn", "fork", "", ""},
	{"teach-lockall", "crossfree", "fork", "", ""},
	{"teach-lockall", "exec", "fork", "", ""},
	{"teach-lockall", "exit", "fork", "", ""},
	{"teach-lockall", "nested", "fork", "", ""},
	{"teach-lockall", "stdio", "fork", "", ""},
	{"teach-lockall", "spawn", "_Fork", "", ""},
	/* The order of registration alone makes the difference. */
	{"teach-lockall", "handlers-last", "fork", "", ""},
	{"teach-lockall", "handlers-first", "fork", "parent-deadlock", ""},
	{"teach-reinit", "handlers-first", "fork", "parent-deadlock", ""},
	/* Without handlers of the allocator's there is no order to be wrong. */
	{"teach-lockall", "handlers-first", "_Fork", "deadlock", ""},
	{"teach-resetonly", "crossfree", "fork", "corruption", ""},
	{"teach-spin", "crossfree", "fork", "livelock", ""},
	/* The handler waits for a lock that its own thread holds, in fork(). */
	{"teach-lockall", "signal-in-fork", "fork", "parent-deadlock", ""},
	{"teach-none", "signal-in-fork", "fork", "deadlock", ""},
	{"musl", "signal-in-fork", "fork", "", ""},
	/* A thread of the parent is left asleep. */
	{"teach-parentinit", "basic", "fork", "parent-deadlock", ""},
	{"teach-parentinit", "churn", "fork", "parent-deadlock", ""},
};
enum { ANSWERS = sizeof(answers) / sizeof(answers[0]) };

/* A sweep has the same result every time: no rounds. */
static const struct sweep_answer {
	const char *allocator, *scenario, *verdict;
} swept[] = {
	{"teach-late", "pool", "ok"},
	{"teach-late", "handlers-last", "parent-deadlock"},
	{"teach-lockall", "handlers-last", "ok"},
	/* The parent handler of another fork forgets a thread that waits in a prepare handler. */
	{"teach-parentinit", "pool", "ok"},
	{"teach-parentinit", "concurrent", "parent-deadlock"},
	{"teach-unsafe", "pool", "ok"},
	{"teach-unsafe", "concurrent", "deadlock"},
	{"teach-lockall", "concurrent", "ok"},
	{"teach-stranded", "concurrent", "ok"},
	{"teach-none", "prefork", "deadlock"},
	{"teach-none", "prefork-pool", "deadlock"},
	{"teach-forgot", "snapshot", "deadlock"},
	{"teach-lockall", "snapshot", "ok"},
	{"teach-none", "init", "deadlock"},
	{"teach-lockall", "init", "parent-deadlock"},
	{"teach-resetonly", "init", "corruption"},
	{"teach-none", "signal-in-fork", "ok"},
	{"teach-lockall", "signal-in-fork", "parent-deadlock"},
	{"glibc", "signal-in-fork", "parent-deadlock"},
	{"musl", "signal-in-fork", "ok"},
};
enum { SWEPT = sizeof(swept) / sizeof(swept[0]) };

/* True if all that must be seen was seen. */
static bool check_answer(const struct scenario_answer *answer, const json_t *cell)
{
	bool seen = !*answer->must;
	for (size_t v = 0; v < VERDICTS; v++) {
		json_int_t count = e2e_count(cell, verdicts[v]);
		bool must = e2e_is_one_of(verdicts[v], answer->must);
		if (count && !must && !e2e_is_one_of(verdicts[v], answer->may))
			e2e_fail("%s, %s, %s: %lld %s, which must not be: %s", answer->allocator,
				answer->scenario, answer->method, (long long)count, verdicts[v],
				json_dumps(cell, JSON_INDENT(1)));
		seen |= count && must;
	}
	return seen;
}

static void has_its_known_answer(void **state)
{
	const struct scenario_answer *answer = *state;
	bool seen = false;
	if (!e2e_has_runner(answer->allocator))
		skip();
	for (int round = 0; round < ROUNDS && !seen; round++) {
		json_t *report = e2e_stress(
			answer->allocator, answer->scenario, answer->method, TRIALS, 1 + round);
		const json_t *cell = e2e_only_cell(report);
		seen = check_answer(answer, cell);
		if (seen && *answer->must)
			assert_string_equal(e2e_text(e2e_finding(cell), "verdict"), answer->must);
		json_decref(report);
	}
	assert_true(seen);
}

static void sweep_has_its_known_answer(void **state)
{
	const struct sweep_answer *answer = *state;
	if (!e2e_has_runner(answer->allocator))
		skip();
	json_t *report =
		e2e_run_json(E2E_ARGS("sweep", "-a", answer->allocator, "-s", answer->scenario,
				     "-m", "fork", "--budget", "900", "--format", "json"),
			0);
	const json_t *cell = e2e_only_cell(report);
	if (strcmp(e2e_text(cell, "verdict"), answer->verdict) != 0)
		e2e_fail("%s in %s is %s, not %s", answer->allocator, answer->scenario,
			e2e_text(cell, "verdict"), answer->verdict);
	json_decref(report);
}

/* A sweep meets the stream's lock in mimalloc, which has none of its own. */
static void a_lock_of_stdio_is_not_the_allocators(void **state)
{
	(void)state;
	if (!e2e_has_runner("mimalloc"))
		skip();
	json_t *report = e2e_run_json(E2E_ARGS("sweep", "-a", "mimalloc", "-s", "stdio", "-m",
					      "_Fork", "--budget", "900", "--format", "json"),
		0);
	const json_t *cell = e2e_only_cell(report), *finding = e2e_finding(cell);
	assert_string_equal(e2e_text(cell, "verdict"), "deadlock");
	assert_string_equal(e2e_text(finding, "lock"), "stdio's FILE lock");
	assert_true(e2e_bool(finding, "lock_of_application"));
	assert_string_equal(e2e_text(finding, "step"), "print");
	json_decref(report);
}

/* Each answer and each file is compared, in the parent; a fault that is not seen is no check. */
static const struct {
	const char *fault, *scenario, *verdict;
} servers[] = {
	{"", "prefork", "ok"},
	{"", "prefork-pool", "ok"},
	{"", "snapshot", "ok"},
	{"spoil-output", "prefork", "corruption"},
	{"spoil-output", "prefork-pool", "corruption"},
	{"spoil-output", "snapshot", "corruption"},
	{"swallow-output", "prefork", "broken"},
	{"swallow-output", "prefork-pool", "broken"},
	{"swallow-output", "snapshot", "broken"},
	/* It allocates while its child is there: its hang is not taken for the child's. */
	{"parent-hang-later", "snapshot", "parent-deadlock"},
	{"both-hang", "snapshot", "parent-deadlock"},
};

static void servers_are_checked_from_outside(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		struct e2e_result result;
		e2e_env("FORKLAB_FAULT", servers[i].fault);
		e2e_run(&result, E2E_ARGS("stress", "--runners", e2e_directory("FORKLAB_FAULTS"),
					 "-a", "fault", "-s", servers[i].scenario, "-m", "fork",
					 "--trials", "4", "--format", "json"));
		json_t *report = e2e_json(&result);
		const json_t *cell = e2e_only_cell(report);
		if (strcmp(e2e_text(cell, "verdict"), servers[i].verdict) != 0)
			e2e_fail("%s in %s is %s, not %s: %s", servers[i].fault,
				servers[i].scenario, e2e_text(cell, "verdict"), servers[i].verdict,
				json_dumps(cell, JSON_INDENT(1)));
		if (*servers[i].fault && strcmp(servers[i].verdict, "broken") != 0)
			assert_true(e2e_bool(e2e_finding(cell), "in_parent"));
		json_decref(report);
		e2e_free(&result);
	}
	e2e_env("FORKLAB_FAULT", NULL);
}

/* All libraries that it could load and unload are there already, and stay. */
static void what_does_not_apply_is_skipped_with_its_reason(void **state)
{
	static const char *const modes[] = {"stress", "sweep"};
	char runners[E2E_PATH_MAX];
	(void)state;
	e2e_runners_with(runners, "glibc",
		"LD_PRELOAD=libanl.so.1 libBrokenLocale.so.1 librt.so.1 libutil.so.1 libnsl.so.1");
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct e2e_result result;
		e2e_run(&result, E2E_ARGS(modes[i], "--runners", runners, "-a", "glibc", "-s",
					 "dlopen", "-m", "fork", "--format", "json"));
		json_t *report = e2e_json(&result);
		const json_t *cell = e2e_only_cell(report);
		assert_string_equal(e2e_text(cell, "verdict"), "skipped");
		assert_non_null(strstr(e2e_text(cell, "why"), "no library can be loaded"));
		json_decref(report);
		e2e_free(&result);
	}
	e2e_remove(runners);
}

/* A worker that waits for a lock which another one holds goes on: it is not accused. */
static void correct_handlers_leave_no_worker_asleep(void **state)
{
	(void)state;
	json_t *report = e2e_run_json(
		E2E_ARGS("stress", "-a", "teach-lockall", "-s", "basic,churn", "-m", "fork",
			"--trials", "1000", "--budget", "300", "--format", "json"),
		0);
	static const char *const scenarios[] = {"basic", "churn"};
	for (size_t i = 0; i < 2; i++) {
		const json_t *cell = e2e_cell(report, "teach-lockall", scenarios[i], "fork");
		assert_int_equal(e2e_number(cell, "trials"), 1000);
		assert_int_equal(e2e_count(cell, "ok"), 1000);
	}
	json_decref(report);
}

static void every_real_allocator_runs_them(void **state)
{
	size_t i;
	json_t *cell;
	(void)state;
	json_t *report =
		e2e_stress("glibc,jemalloc,mimalloc,tcmalloc", FURTHER, "fork,_Fork", TRIALS, 1);
	size_t cells = json_array_size(json_object_get(report, "results"));
	assert_int_equal(cells, (size_t)4 * SCENARIOS * METHODS);
	json_array_foreach(json_object_get(report, "results"), i, cell)
	{
		assert_int_equal(e2e_count(cell, "broken"), 0);
		if (strcmp(e2e_text(cell, "scenario"), "spawn") == 0)
			assert_string_equal(e2e_text(cell, "verdict"), "ok");
	}
	json_decref(report);
}

enum { OTHERS = 5 };

int main(int argc, char **argv)
{
	static struct CMUnitTest tests[OTHERS + ANSWERS + SWEPT] = {
		cmocka_unit_test(a_lock_of_stdio_is_not_the_allocators),
		cmocka_unit_test(every_real_allocator_runs_them),
		cmocka_unit_test(what_does_not_apply_is_skipped_with_its_reason),
		cmocka_unit_test(servers_are_checked_from_outside),
		cmocka_unit_test(correct_handlers_leave_no_worker_asleep),
	};
	static char names[ANSWERS + SWEPT][96];
	for (size_t i = 0; i < ANSWERS; i++) {
		snprintf(names[i], sizeof(names[i]), "%s, %s, %s", answers[i].allocator,
			answers[i].scenario, answers[i].method);
		tests[OTHERS + i] = (struct CMUnitTest){.name = names[i],
			.test_func = has_its_known_answer,
			.initial_state = (void *)&answers[i]};
	}
	for (size_t i = 0; i < SWEPT; i++) {
		char *name = names[ANSWERS + i];
		snprintf(name, sizeof(names[0]), "sweep of %s, %s", swept[i].allocator,
			swept[i].scenario);
		tests[OTHERS + ANSWERS + i] = (struct CMUnitTest){.name = name,
			.test_func = sweep_has_its_known_answer,
			.initial_state = (void *)&swept[i]};
	}
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
