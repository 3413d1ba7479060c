/*
 * The real allocators that were found when forklab was built: each runs the default scenarios,
 * identifies itself, and shows its known results.
 */
#include "e2e.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Trials of each cell: few where most of them hang, or where another one's stand for them. */
static const struct real_allocator {
	const char *name;
	int trials;
	bool versioned; /* it tells its version */
	const char *link;
} reals[] = {
	{"glibc", 20, true, "shared"},
	{"jemalloc", 20, true, "shared"},
	{"mimalloc", 20, true, "shared"},
	{"tcmalloc", 20, true, "shared"},
	{"tcmalloc-minimal", 20, true, "shared"},
	{"tbbmalloc", 4, false, "shared"},
	{"scudo", 4, true, "shared"},
	{"scudo-16", 2, true, "shared"},
	{"scudo-19", 2, true, "shared"},
	{"dmalloc", 2, false, "shared"},
	{"electric-fence", 2, false, "shared"},
	{"duma", 2, false, "shared"},
	{"asan", 2, true, "shared"},
	{"tsan", 2, true, "shared"},
	{"tsan-after-fork", 2, true, "shared"},
	{"musl", 4, false, "static"},
	{"glibc-static", 4, true, "static"},
	{"glibc-check", 2, true, "preload"},
	{"jemalloc-archive", 2, true, "archive"},
	{"jemalloc-static", 2, true, "static"},
	{"jemalloc-preload", 2, true, "preload"},
	{"tcmalloc-preload", 2, true, "preload"},
	{"tcmalloc-minimal-preload", 2, true, "preload"},
	{"scudo-preload", 2, false, "preload"},
	{"tcmalloc-archive", 2, true, "archive"},
	{"tcmalloc-static", 2, true, "static"},
	{"tcmalloc-atfork-static", 2, true, "static"},
	{"tcmalloc-minimal-archive", 2, true, "archive"},
	{"tcmalloc-minimal-static", 2, true, "static"},
	{"tcmalloc-minimal-atfork-static", 2, true, "static"},
	{"tcmalloc-debug", 2, true, "shared"},
	{"scudo-archive", 2, false, "archive"},
	{"scudo-static", 2, false, "static"},
};
enum { REALS = sizeof(reals) / sizeof(reals[0]), SCENARIOS = 7, METHODS = 2 };

/*
 * Of a cell: `none` must not occur in any trial; `some` is looked for until it occurs, in rounds of
 * `trials`.
 */
struct known_fact {
	const char *allocator, *method;
	const char *none, *some;
	int trials, rounds;
};

/*
 * basic only. jemalloc hides its locks behind caches and arenas: under _Fork 0.5 to 10 of a hundred
 * trials hang, depending on what else the machine does. All 4000 trials at 0.5 % miss that with a
 * probability of 0.995^4000, 2e-9.
 */
enum { GOOD = 400, ROUNDS = 10 };
static const struct known_fact known[] = {
	{"glibc", "fork", "deadlock livelock parent-deadlock unknown crash corruption refused",
		"ok", GOOD, 1},
	{"jemalloc", "fork", "deadlock livelock parent-deadlock unknown crash corruption refused",
		"ok", GOOD, 1},
	{"tcmalloc", "fork", "deadlock livelock parent-deadlock unknown crash corruption refused",
		"ok", GOOD, 1},
	{"tcmalloc-minimal", "fork",
		"deadlock livelock parent-deadlock unknown crash corruption refused", "ok", GOOD,
		1},
	{"glibc", "_Fork", "livelock parent-deadlock unknown", "deadlock", 50, 80},
	{"jemalloc", "_Fork", "livelock parent-deadlock unknown", "deadlock", 50, 80},
	/* Its lists are changed by atomics: no thread waits for another. */
	{"mimalloc", "fork", "deadlock livelock parent-deadlock unknown crash corruption refused",
		"ok", GOOD, 1},
	{"mimalloc", "_Fork", "deadlock livelock parent-deadlock unknown", "ok", GOOD, 1},
	{"scudo", "fork", "deadlock livelock parent-deadlock unknown crash corruption refused",
		"ok", 40, ROUNDS},
	{"scudo", "_Fork", "livelock parent-deadlock unknown", "deadlock", 40, ROUNDS},
	{"musl", "fork", "deadlock livelock parent-deadlock unknown crash corruption refused", "ok",
		40, ROUNDS},
	{"musl", "_Fork", "livelock parent-deadlock unknown", "deadlock", 40, ROUNDS},
	/* Its reference to pthread_atfork() resolves to nothing. */
	{"tcmalloc-minimal-static", "fork",
		"deadlock parent-deadlock unknown crash corruption refused", "livelock", 50, 80},
	/* It refuses to start a thread, the last child step; few children hang before that. */
	{"tsan", "fork", "livelock parent-deadlock unknown crash corruption ok", "refused", 6,
		ROUNDS},
	/* fork() knows the locks of libc's own malloc, not those of its debugging copy. */
	{"glibc-check", "fork", "livelock parent-deadlock unknown", "deadlock", 40, ROUNDS},
	/* One lock around everything, without handlers: most trials hit it. */
	{"dmalloc", "fork", "livelock parent-deadlock unknown crash corruption refused", "deadlock",
		40, ROUNDS},
	{"electric-fence", "fork", "livelock parent-deadlock unknown crash corruption refused",
		"deadlock", 10, ROUNDS},
	{"duma", "fork", "livelock parent-deadlock unknown crash corruption refused", "deadlock",
		10, ROUNDS},
};
enum { KNOWN = sizeof(known) / sizeof(known[0]) };

static void check_cell(const struct real_allocator *real, const json_t *cell)
{
	char *all = json_dumps(cell, JSON_INDENT(1));
	/* With handlers of its own it would be another program: the rows -atfork-static. */
	bool skipped = e2e_is_one_of(real->name, "tcmalloc-static tcmalloc-minimal-static") &&
		       strcmp(e2e_text(cell, "scenario"), "logger-aware") == 0;
	bool good = strcmp(e2e_text(cell, "allocator"), real->name) == 0 &&
		    (strcmp(e2e_text(cell, "verdict"), "skipped") == 0) == skipped &&
		    *e2e_text(cell, "verdict") &&
		    e2e_number(cell, "trials") == (skipped ? 0 : real->trials) &&
		    e2e_count(cell, "broken") == 0 && !e2e_bool(cell, "cut");
	if (!good)
		e2e_fail("%s", all ? all : "");
	free(all);
	assert_int_equal(*e2e_text(cell, "version") != '\0', real->versioned);
	assert_string_equal(e2e_text(cell, "link"), real->link);
	/* A parent may spin in fork(), which may be strong evidence only; a futex is always proof.
	 */
	assert_true(e2e_number(cell, "proven") >= e2e_count(cell, "deadlock"));
}

static void runs_default_scenarios(void **state)
{
	const struct real_allocator *real = *state;
	size_t i;
	json_t *cell, *report;
	if (!e2e_has_runner(real->name))
		skip();
	report = e2e_stress(real->name, "basic,signal,pool,logger,logger-aware,concurrent,churn",
		"fork,_Fork", real->trials, 1);
	assert_int_equal(json_array_size(json_object_get(report, "results")), SCENARIOS * METHODS);
	json_array_foreach(json_object_get(report, "results"), i, cell) check_cell(real, cell);
	json_decref(report);
}

/* True if the verdict that must occur has occurred. */
static bool check_known(const struct known_fact *fact, const json_t *cell)
{
	bool found = false;
	for (size_t v = 0; v < E2E_VERDICTS; v++) {
		json_int_t count = e2e_count(cell, e2e_verdict[v]);
		if (count && e2e_is_one_of(e2e_verdict[v], fact->none))
			e2e_fail("%s, basic, %s: %lld %s: %s", fact->allocator, fact->method,
				(long long)count, e2e_verdict[v], json_dumps(cell, JSON_INDENT(1)));
		found |= count && e2e_is_one_of(e2e_verdict[v], fact->some);
	}
	return found;
}

static void shows_what_is_known(void **state)
{
	const struct known_fact *fact = *state;
	bool found = false;
	if (!e2e_has_runner(fact->allocator))
		skip();
	for (int round = 0; round < fact->rounds && !found; round++) {
		json_t *report =
			e2e_stress(fact->allocator, "basic", fact->method, fact->trials, 1 + round);
		found = check_known(fact, e2e_only_cell(report));
		json_decref(report);
	}
	if (!found)
		e2e_fail("%s, basic, %s: no %s in %d trials", fact->allocator, fact->method,
			fact->some, fact->rounds * fact->trials);
}

/* A sweep is not chance: these go through the whole sequence, and always find the same. */
static const struct sweep_fact {
	const char *allocator, *scenario, *method, *verdict;
} sweeps[] = {
	/* It waits for its list of threads in a futex that is not marked as private. */
	{"musl", "churn", "fork", "ok"},
	{"musl", "churn", "_Fork", "deadlock"},
	{"glibc-static", "logger-aware", "fork", "ok"},
	{"glibc-check", "logger-aware", "fork", "deadlock"},
	{"scudo-static", "logger-aware", "fork", "ok"},
	{"electric-fence", "churn", "fork", "deadlock"},
};
enum { SWEEPS = sizeof(sweeps) / sizeof(sweeps[0]) };

static void sweeps_as_known(void **state)
{
	const struct sweep_fact *fact = *state;
	if (!e2e_has_runner(fact->allocator))
		skip();
	json_t *report =
		e2e_run_json(E2E_ARGS("sweep", "-a", fact->allocator, "-s", fact->scenario, "-m",
				     fact->method, "--budget", "900", "--format", "json"),
			0);
	const json_t *cell = e2e_only_cell(report);
	assert_string_equal(e2e_text(cell, "verdict"), fact->verdict);
	assert_true(e2e_bool(cell, "complete"));
	assert_int_equal(e2e_count(cell, "ok") + e2e_count(cell, fact->verdict) *
							 (strcmp(fact->verdict, "ok") != 0),
		e2e_number(cell, "tried"));
	json_decref(report);
}

int main(int argc, char **argv)
{
	static struct CMUnitTest tests[REALS + KNOWN + SWEEPS];
	static char names[KNOWN + SWEEPS][64];
	unsigned built = 0;
	for (size_t i = 0; i < REALS; i++) {
		built += e2e_has_runner(reals[i].name);
		tests[i] = (struct CMUnitTest){
			.name = reals[i].name,
			.test_func = runs_default_scenarios,
			.initial_state = (void *)&reals[i],
		};
	}
	for (size_t i = 0; i < KNOWN; i++) {
		snprintf(names[i], sizeof(names[i]), "%s, basic, %s", known[i].allocator,
			known[i].method);
		tests[REALS + i] = (struct CMUnitTest){
			.name = names[i],
			.test_func = shows_what_is_known,
			.initial_state = (void *)&known[i],
		};
	}
	for (size_t i = 0; i < SWEEPS; i++) {
		char *name = names[KNOWN + i];
		snprintf(name, sizeof(names[0]), "sweep of %s, %s, %s", sweeps[i].allocator,
			sweeps[i].scenario, sweeps[i].method);
		tests[REALS + KNOWN + i] = (struct CMUnitTest){
			.name = name,
			.test_func = sweeps_as_known,
			.initial_state = (void *)&sweeps[i],
		};
	}
	if (!built) {
		fprintf(stderr, "skipped: no real allocator is built here\n");
		return E2E_SKIPPED;
	}
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
