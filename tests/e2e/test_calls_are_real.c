/*
 * The compiler may delete a malloc whose block is only freed, and then nothing would be tested. So
 * a counting allocator reports how often parent and child really called it.
 */
#include "e2e.h"
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct call_counts {
	unsigned malloc, calloc, realloc, aligned_alloc, free;
};

/* No child has more steps than this: a number that is too large is wrong as well. */
enum { MANY = 10000 };

/*
 * The calls of glibc's malloc are counted, and a fork in a signal handler hangs it in three of four
 * trials. Only a complaint is an error here, so one trial without a hang is enough: all of ROUNDS
 * times twenty hang with a probability of 0.75^400, 1e-50; at 19 of 20, 1e-9.
 */
enum { ROUNDS = 20 };

static json_t *run(
	const char *fault, const char *scenario, const char *method, const char *workers, int seed)
{
	struct e2e_result result;
	char seed_text[16];
	snprintf(seed_text, sizeof(seed_text), "%d", seed);
	e2e_env("FORKLAB_FAULT", fault);
	e2e_run(&result, E2E_ARGS("stress", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a",
				 "fault", "-s", scenario, "-m", method, "--workers", workers,
				 "--trials", "20", "--seed", seed_text, "--format", "json"));
	json_t *report = e2e_json(&result);
	e2e_free(&result);
	return report;
}

/* The numbers are in the words with which the allocator ended the process. False: it never did. */
static bool told(const json_t *report, struct call_counts *counts)
{
	const char *sentence = e2e_text(e2e_finding(e2e_only_cell(report)), "sentence");
	const char *words = strstr(sentence, "(malloc ");
	return words && sscanf(words, "(malloc %u calloc %u realloc %u aligned_alloc %u free %u)",
				&counts->malloc, &counts->calloc, &counts->realloc,
				&counts->aligned_alloc, &counts->free) == 5;
}

static struct call_counts counted(
	const char *fault, const char *scenario, const char *method, const char *workers)
{
	struct call_counts counts;
	for (int round = 0; round < ROUNDS; round++) {
		json_t *report = run(fault, scenario, method, workers, 1 + round);
		bool found = told(report, &counts);
		json_decref(report);
		if (found)
			return counts;
	}
	e2e_fail("%s, %s, %s: no numbers", fault, scenario, method);
}

/*
 * core/runner/trial/child_steps.c: 11 blocks from malloc, two more that are reallocated, and three
 * in a thread of the child; two from calloc, plus those of libc itself for that thread; two from
 * aligned_alloc. All 20 are freed, and some of the blocks that other threads left, if any.
 */
enum { MALLOC = 16, CALLOC = 2, CALLOC_OF_LIBC = 2, FREE = 20, FREE_OF_LIBC = 4 };

static void basic_child_makes_exactly_these_calls(void **state)
{
	(void)state;
	static const struct {
		const char *method, *workers;
		unsigned least, most; /* blocks of others */
	} cases[] = {
		{"fork", "4", 4, 5 * TASK_BLOCKS},
		{"fork", "0", 0, TASK_BLOCKS},
		{"_Fork", "0", 0, TASK_BLOCKS},
		{"clone", "0", 0, TASK_BLOCKS},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct call_counts counts =
			counted("count", "basic", cases[i].method, cases[i].workers);
		assert_int_equal(counts.malloc, MALLOC);
		assert_in_range(counts.calloc, CALLOC, CALLOC + CALLOC_OF_LIBC);
		assert_int_equal(counts.realloc, 2);
		assert_int_equal(counts.aligned_alloc, 2);
		assert_in_range(
			counts.free, FREE + cases[i].least, FREE + FREE_OF_LIBC + cases[i].most);
	}
}

/*
 * The other scenarios do the same child steps, and more. Not concurrent: there, workers have
 * children, too, which would report their counts as well.
 */
static void every_child_does_all_steps(void **state)
{
	(void)state;
	static const struct {
		const char *scenario;
		unsigned more; /* blocks of the second round, after the interrupted call */
	} cases[] = {
		{"signal", 4},
		{"pool", 0},
		{"logger", 4},
		{"logger-aware", 4},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct call_counts counts = counted("count", cases[i].scenario, "fork", "4");
		assert_in_range(counts.malloc, MALLOC + cases[i].more, MANY);
		assert_in_range(counts.calloc, 2, MANY);
		assert_in_range(counts.realloc, 2, MANY);
		assert_in_range(counts.aligned_alloc, 2, MANY);
		assert_in_range(counts.free, FREE + cases[i].more, MANY);
	}
}

/*
 * Before its first fork: four workers have done a hundred units of two calls each
 * (core/runner/trial/workers.c). About two of ten calls are a malloc, one of ten each of the
 * others; a third of each will do.
 */
static const struct call_counts mixed_work = {60, 20, 20, 20, 100};

/*
 * A unit is a job there, and one of four is two such calls. Which, the threads' dice decide: about
 * twenty calls of the rare kinds, so a tenth of that. Fewer than two of twenty: 4e-8 (Poisson).
 */
static const struct call_counts pool_jobs = {30, 2, 2, 2, 20};

static void background_threads_allocate(void **state)
{
	(void)state;
	static const struct {
		const char *scenario;
		const struct call_counts *least;
	} cases[] = {
		{"basic", &mixed_work},
		{"signal", &mixed_work},
		{"pool", &pool_jobs},
		{"logger", &mixed_work},
		{"logger-aware", &mixed_work},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct call_counts counts = counted("count-parent", cases[i].scenario, "fork", "4");
		assert_true(counts.malloc >= cases[i].least->malloc);
		assert_true(counts.calloc >= cases[i].least->calloc);
		assert_true(counts.realloc >= cases[i].least->realloc);
		assert_true(counts.aligned_alloc >= cases[i].least->aligned_alloc);
		assert_true(counts.free >= cases[i].least->free);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(basic_child_makes_exactly_these_calls),
		cmocka_unit_test(every_child_does_all_steps),
		cmocka_unit_test(background_threads_allocate),
	};
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
