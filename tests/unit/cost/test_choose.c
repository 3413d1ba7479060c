/* The ranking: excluded allocators, ties, the Pareto front. And files of costs. */
#include "choose_advice.h"
#include "choose_safety.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST = 4 };

static struct cost_cell cells[MOST];
static struct choice choices[MOST];

/* An allocator that costs so many times what one costs that costs 1, in each class. */
static void make(int index, const char *name, double latency, double memory, double throughput,
	double spread)
{
	struct cost_cell *cell = &cells[index];
	*cell = (struct cost_cell){
		.rounds = 5, .method = METHOD_FORK, .threads = 4, .link = LINK_SHARED};
	(void)snprintf(cell->allocator, sizeof(cell->allocator), "%s", name);
	(void)snprintf(cell->object, sizeof(cell->object), "/usr/lib/lib%s.so.2", name);
	for (size_t i = 0; i < COST_FIGURES; i++) {
		enum cost_unit unit = cost_figure_info(i)->unit;
		double value = unit == COST_PER_SECOND ? 1e6 / throughput
			       : unit == COST_BYTES    ? 1e6 * memory
						       : 1e6 * latency;
		cell->estimate[i] = (struct cost_estimate){
			.value = value, .low = value / spread, .high = value * spread, .rounds = 5};
	}
	choices[index] = (struct choice){.cell = cell};
}

static void rank(size_t count, enum weight_kind kind)
{
	double weight[CHOOSE_CLASSES];
	choose_weights(weight, kind);
	choose_rank(choices, count, choose_server(SERVER_PREFORK), weight);
}

static void assert_first(const char *name)
{
	assert_string_equal(choices[0].cell->allocator, name);
	assert_int_equal(choices[0].rank, 1);
}

static void the_cheapest_is_first(void **state)
{
	(void)state;
	make(0, "dear", 2, 2, 2, 1.01);
	make(1, "cheap", 1, 1, 1, 1.01);
	rank(2, WEIGHT_EQUAL);
	assert_first("cheap");
	assert_true(fabs(choices[0].score.value - 1) < 1e-9);
	assert_true(fabs(choices[1].score.value - 2) < 1e-9);
	assert_false(choices[0].tie || choices[1].tie);
	assert_true(choices[0].pareto);
	assert_false(choices[1].pareto);
}

/* For programs that fork a lot another one is right than for those that have little memory. */
static void weights_decide(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		make(0, "fast", 1, 3, 1, 1.01);
		make(1, "small", 3, 1, 1, 1.01);
		rank(2, i ? WEIGHT_MEMORY : WEIGHT_LATENCY);
		assert_first(i ? "small" : "fast");
		assert_true(choices[0].pareto && choices[1].pareto);
	}
	make(0, "slow", 1, 1, 3, 1.01);
	make(1, "busy", 1.5, 1.5, 1, 1.01);
	rank(2, WEIGHT_THROUGHPUT);
	assert_first("busy");
}

static void ranges_that_overlap_are_a_tie(void **state)
{
	(void)state;
	make(0, "one", 1, 1, 1, 1.3);
	make(1, "two", 1.1, 1.1, 1.1, 1.3);
	make(2, "three", 9, 9, 9, 1.3);
	rank(3, WEIGHT_EQUAL);
	assert_first("one");
	assert_true(choices[0].tie && choices[1].tie);
	assert_false(choices[2].tie);
}

/* Whatever it costs. */
static void who_is_out_is_not_ranked(void **state)
{
	(void)state;
	make(0, "hangs", 0.1, 0.1, 0.1, 1.01);
	make(1, "dear", 5, 5, 5, 1.01);
	choices[0].out = true;
	rank(2, WEIGHT_EQUAL);
	assert_first("dear");
	assert_true(fabs(choices[0].score.value - 1) < 1e-9);
	assert_false(choices[1].ranked);
	assert_int_equal(choices[1].rank, 0);
}

static void who_was_not_measured_is_not_ranked(void **state)
{
	(void)state;
	make(0, "unmeasured", 1, 1, 1, 1.01);
	make(1, "measured", 5, 5, 5, 1.01);
	cells[0].estimate[COST_PREFORK_P50].value = NAN;
	rank(2, WEIGHT_EQUAL);
	assert_first("measured");
	assert_string_equal(choices[1].unmeasured, "request");
	cells[1].rounds = 0;
	rank(2, WEIGHT_EQUAL);
	assert_false(choices[0].ranked || choices[1].ranked);
}

/* What costs nothing is as good as the best, and divides nothing by zero. */
static void zeros_are_good(void **state)
{
	(void)state;
	make(0, "none", 1, 0, 1, 1);
	make(1, "some", 1, 1, 1, 1);
	rank(2, WEIGHT_EQUAL);
	assert_first("none");
	assert_true(isfinite(choices[0].score.value) && isfinite(choices[1].score.value));
}

/* ---- Advice ---- */

static struct choose_report report_of(size_t count)
{
	return (struct choose_report){.server = choose_server(SERVER_PREFORK),
		.threads = 4,
		.heap_bytes = 32 << 20,
		.choices = count,
		.choice = choices,
		.controls_passed = true};
}

static void assert_advised(const struct choose_report *report, const char *words)
{
	char advice[MODEL_TEXT_MAX];
	choose_advice(advice, sizeof(advice), report);
	assert_non_null(strstr(advice, words));
}

static void advice_says_tie_noise_and_nothing(void **state)
{
	(void)state;
	make(0, "one", 1, 1, 1, 1.3);
	make(1, "two", 1.1, 1.1, 1.1, 1.3);
	rank(2, WEIGHT_EQUAL);
	struct choose_report report = report_of(2);
	assert_advised(&report, "A tie");
	assert_advised(&report, "one, two cannot be distinguished");
	assert_ptr_equal(choose_recommended(&report), &choices[0]);
	report.noisy = true;
	assert_advised(&report, "Too noisy to tell");
	assert_null(choose_recommended(&report));
	choices[0].out = choices[1].out = true;
	rank(2, WEIGHT_EQUAL);
	assert_advised(&report, "None of these can be recommended");
	assert_null(choose_recommended(&report));
}

static void the_way_to_use_it_is_told(void **state)
{
	char words[256];
	(void)state;
	make(0, "jemalloc", 1, 1, 1, 1);
	choose_usage(words, sizeof(words), &cells[0]);
	assert_string_equal(
		words, "link with -ljemalloc, or: LD_PRELOAD=/usr/lib/libjemalloc.so.2 PROGRAM");
	cells[0].link = LINK_PRELOAD;
	choose_usage(words, sizeof(words), &cells[0]);
	assert_string_equal(words, "LD_PRELOAD=/usr/lib/libjemalloc.so.2 PROGRAM");
	cells[0].link = LINK_SHARED;
	(void)snprintf(cells[0].object, sizeof(cells[0].object), "/lib/libc.so.6");
	choose_usage(words, sizeof(words), &cells[0]);
	assert_non_null(strstr(words, "nothing to do"));
	cells[0].object[0] = '\0';
	choose_usage(words, sizeof(words), &cells[0]);
	assert_string_equal(words, "link the objects of jemalloc into the program");
	static const struct {
		const char *name;
		enum link_kind link;
		const char *words;
	} within[] = {
		{"musl", LINK_STATIC, "build the program with musl-gcc -static"},
		{"glibc-static", LINK_STATIC, "link the program with -static"},
		{"tcmalloc-minimal-static", LINK_STATIC,
			"link the program with -static and the archive of tcmalloc-minimal"},
		{"tcmalloc-minimal-archive", LINK_ARCHIVE,
			"link the archive of tcmalloc-minimal into the program"},
	};
	for (size_t i = 0; i < sizeof(within) / sizeof(within[0]); i++) {
		(void)snprintf(
			cells[0].allocator, sizeof(cells[0].allocator), "%s", within[i].name);
		cells[0].link = within[i].link;
		choose_usage(words, sizeof(words), &cells[0]);
		assert_string_equal(words, within[i].words);
	}
}

/* ---- The gate ---- */

static void assert_safety(const struct choice *choice, const char *expected)
{
	char text[MODEL_TEXT_MAX];
	choose_safety_text(text, sizeof(text), choice);
	assert_string_equal(text, expected);
}

static void the_gate_judges_by_the_worst_cell(void **state)
{
	struct cell of[3] = {
		{.allocator = "a", .scenario = "basic", .mode = CELL_STRESS, .trials = 40},
		{.allocator = "a", .scenario = "basic", .mode = CELL_SWEEP, .trials = 10},
		{.allocator = "b", .scenario = "basic", .mode = CELL_STRESS, .trials = 40},
	};
	const struct report report = {.cells = 3, .cell = of};
	struct choice choice = {0};
	(void)state;
	of[1].sweep = (struct sweep){.points = 10, .tried = 10, .complete = true};
	choose_safety_judge(&choice, "a", &report);
	assert_false(choice.out);
	assert_safety(&choice, "no bad child at 10 fork points and in 40 random trials");
	of[1].sweep.complete = false;
	choose_safety_judge(&choice, "a", &report);
	assert_safety(&choice,
		"no bad child at 10 fork points (not all there are) and in 40 random trials");
	of[0].verdict = of[1].verdict = VERDICT_DEADLOCK;
	of[1].has_finding = true;
	of[1].finding.cause = CAUSE_STUCK;
	of[1].finding.verdict = VERDICT_DEADLOCK;
	(void)snprintf(of[1].finding.command, sizeof(of[1].finding.command), "forklab sweep");
	choose_safety_judge(&choice, "a", &report);
	assert_true(choice.out);
	assert_safety(
		&choice, "deadlock in basic: the child outside of the allocator: blocked forever");
	assert_string_equal(choice.finding.command, "forklab sweep");
	/* On a lock of libc, which every allocator's child meets. */
	of[0].verdict = VERDICT_OK;
	of[1].count[VERDICT_DEADLOCK] = of[1].foreign[VERDICT_DEADLOCK] = 3;
	choose_safety_judge(&choice, "a", &report);
	assert_false(choice.out);
	of[1].count[VERDICT_DEADLOCK] = 4;
	choose_safety_judge(&choice, "a", &report);
	assert_true(choice.out);
	choose_safety_judge(&choice, "b", &report);
	assert_false(choice.out);
	of[2].verdict = VERDICT_SKIPPED;
	choose_safety_judge(&choice, "b", &report);
	assert_true(choice.out);
	choose_safety_judge(&choice, "nobody", &report);
	assert_true(choice.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cheapest_is_first),
		cmocka_unit_test(weights_decide),
		cmocka_unit_test(ranges_that_overlap_are_a_tie),
		cmocka_unit_test(who_is_out_is_not_ranked),
		cmocka_unit_test(who_was_not_measured_is_not_ranked),
		cmocka_unit_test(zeros_are_good),
		cmocka_unit_test(advice_says_tie_noise_and_nothing),
		cmocka_unit_test(the_way_to_use_it_is_told),
		cmocka_unit_test(the_gate_judges_by_the_worst_cell),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
