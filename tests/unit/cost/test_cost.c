/* The grid, the histograms, and figures from rounds; overwritten cost pages. */
#include "cost_grid.h"
#include "cost_summary.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef HAVE_GSL
#include <gsl/gsl_statistics_double.h>
#endif

#define MIB (UINT64_C(1) << 20)

/* ---- Histograms ---- */

static void a_bucket_holds_what_it_stands_for(void **state)
{
	(void)state;
	for (uint32_t bucket = 0; bucket + 1 < COST_BUCKETS; bucket++) {
		uint64_t floor = cost_bucket_floor(bucket), next = cost_bucket_floor(bucket + 1);
		assert_true(next > floor);
		assert_int_equal(cost_bucket_of(floor), bucket);
		assert_int_equal(cost_bucket_of(next - 1), bucket);
		assert_true((double)(next - floor) <= fmax(1, (double)floor / 32));
	}
	assert_int_equal(cost_bucket_of(UINT64_MAX), COST_BUCKETS - 1);
}

static void a_quantile_is_within_its_bucket(void **state)
{
	static struct cost_histogram histogram;
	(void)state;
	assert_true(isnan(cost_histogram_quantile(&histogram, 0.5)));
	for (uint64_t ns = 1; ns <= 10000; ns++) {
		histogram.bucket[cost_bucket_of(ns)]++;
		histogram.count++;
	}
	for (int percent = 1; percent < 100; percent++) {
		double q = percent / 100.0, got = cost_histogram_quantile(&histogram, q);
		assert_true(fabs(got - q * 10000) <= q * 10000 / 32 + 1);
	}
}

/* ---- Distributions ---- */

static void assert_ascending(const struct cost_distribution *distribution)
{
	double before = 0;
	bool told = true;
	for (size_t i = 0; i < COST_LEVELS; i++) {
		double at = distribution->at[i];
		assert_true(told || isnan(at));
		told = !isnan(at);
		assert_true(!told || (at >= before && at <= distribution->max));
		before = told ? at : before;
	}
}

static void a_distribution_says_no_more_than_its_samples(void **state)
{
	static double times[1000];
	struct cost_distribution got;
	(void)state;
	cost_distribution_of_times(&got, times, 0);
	assert_int_equal(got.count, 0);
	assert_true(isnan(got.at[0]));
	for (size_t count = 1; count <= 1000; count += 37) {
		for (size_t i = 0; i < count; i++)
			times[i] = (double)(count - i) * 100;
		cost_distribution_of_times(&got, times, count);
		assert_int_equal(got.count, count);
		assert_true(got.max == (double)count * 100);
		assert_ascending(&got);
		for (size_t i = 0; i < COST_LEVELS; i++)
			assert_int_equal(!isnan(got.at[i]),
				count > 1 && 1 - cost_level(i) > 1.0 / (double)count);
	}
}

static void levels_ascend_below_one(void **state)
{
	(void)state;
	assert_true(cost_level(0) == 0);
	for (size_t i = 1; i < COST_LEVELS; i++)
		assert_true(cost_level(i) > cost_level(i - 1) && cost_level(i) < 1);
}

static void a_histogram_is_distributed_as_it_is(void **state)
{
	static struct cost_histogram histogram;
	struct cost_distribution got;
	(void)state;
	cost_distribution_of_histogram(&got, &histogram);
	assert_int_equal(got.count, 0);
	for (uint64_t ns = 1; ns <= 10000; ns++)
		histogram.bucket[cost_bucket_of(ns)]++;
	histogram.count = histogram.longest = 10000;
	cost_distribution_of_histogram(&got, &histogram);
	assert_ascending(&got);
	for (size_t i = 1; i < COST_LEVELS && !isnan(got.at[i]); i++)
		assert_true(fabs(got.at[i] - cost_level(i) * 10000) <= 10000.0 / 32);
	/* Its maximum was overwritten. */
	histogram.longest = 3;
	cost_distribution_of_histogram(&got, &histogram);
	assert_ascending(&got);
}

/* ---- Rounds ---- */

static struct cost_shm *shm_of(uint64_t fork_ns)
{
	struct cost_shm *shm = calloc(1, sizeof(*shm));
	assert_non_null(shm);
	shm->outermost = 1;
	shm->forks = shm->bare_forks = 3;
	for (uint64_t i = 0; i < 3; i++) {
		shm->fork[i] = (struct cost_fork){
			.called = 1000,
			.prepared = 1000 + fork_ns / 2,
			.parent = 1000 + fork_ns - 10 + i,
			.returned = 1000 + fork_ns + i,
		};
		shm->bare[i] = (struct cost_fork){.called = 1, .returned = 501};
	}
	return shm;
}

static void add(struct cost_rounds *rounds, uint64_t fork_ns)
{
	const struct cost_context context = {.threads = 1, .method = METHOD_FORK};
	struct cost_shm *shm = shm_of(fork_ns);
	cost_rounds_add(rounds, shm, &context);
	free(shm);
}

static void a_figure_is_the_median_of_the_rounds(void **state)
{
	static struct cost_rounds rounds;
	static struct cost_cell cell;
	(void)state;
	add(&rounds, 40000);
	add(&rounds, 10000);
	add(&rounds, 12000);
	cost_summarize(&cell, &rounds);
	const struct cost_estimate *p50 = &cell.estimate[COST_FORK_P50];
	assert_int_equal(p50->rounds, 3);
	assert_true(p50->value == 12001 && p50->low == 10001 && p50->high == 40001);
	assert_true(p50->noisy);
	assert_true(cell.estimate[COST_FORK_MAX].value == 40002);
	assert_int_equal(cell.distribution[COST_FORK_TIMES].count, 9);
	assert_true(cell.distribution[COST_FORK_TIMES].at[0] == 10000);
	assert_true(cell.distribution[COST_FORK_TIMES].max == 40002);
	assert_int_equal(cell.distribution[COST_CALLS_AROUND].count, 0);
	assert_int_equal(cell.distribution[COST_REQUESTS].count, 0);
	assert_false(cell.estimate[COST_FORK_MAX].noisy);
	assert_true(cell.estimate[COST_FORK_PREPARE].value == 6000);
	assert_true(cell.estimate[COST_FORK_PARENT].value == 10);
	assert_true(cell.estimate[COST_BARE_FORK_P50].value == 500);
	assert_false(cell.estimate[COST_BARE_FORK_P50].noisy);
	assert_true(isnan(cell.estimate[COST_FIRST_TIME].value));
	assert_int_equal(cell.estimate[COST_FIRST_TIME].why, COST_WHY_NO_CHILD_ENDED);
	assert_true(isnan(cell.estimate[COST_FIRST_COPY].value));
	assert_int_equal(cell.estimate[COST_FIRST_COPY].why, COST_WHY_NO_ROLLUP);
}

/* Four alike and one that was disturbed. */
static void one_disturbed_round_is_no_noise(void **state)
{
	static struct cost_rounds rounds;
	static struct cost_cell cell;
	(void)state;
	for (int i = 0; i < 4; i++)
		add(&rounds, 10000);
	add(&rounds, 90000);
	cost_summarize(&cell, &rounds);
	assert_true(cell.estimate[COST_FORK_P50].value == 10001);
	assert_true(cell.estimate[COST_FORK_P50].high == 90001);
	assert_false(cell.estimate[COST_FORK_P50].noisy);
}

/* A difference below the resolution is no noise, whatever the ratio. */
static void small_differences_are_no_noise(void **state)
{
	static struct cost_rounds rounds;
	static struct cost_cell cell;
	(void)state;
	add(&rounds, 100);
	add(&rounds, 400);
	cost_summarize(&cell, &rounds);
	assert_false(cell.estimate[COST_FORK_P50].noisy);
}

static void one_round_is_not_noisy_and_too_many_are_left_out(void **state)
{
	static struct cost_rounds rounds;
	static struct cost_cell cell;
	(void)state;
	for (int i = 0; i < COST_ROUNDS_MAX + 3; i++)
		add(&rounds, 1000);
	cost_summarize(&cell, &rounds);
	assert_int_equal(cell.rounds, COST_ROUNDS_MAX);
	assert_true(cell.estimate[COST_FORK_P99].value <= 1002);
}

/* Every figure is then one that can be, or none. */
static void scribbles_become_no_figures(void **state)
{
	static const unsigned char scribbles[] = {0xff, 0x80, 0x7f, 0x01};
	const struct cost_context context = {.threads = 4, .method = METHOD_FORK};
	struct cost_shm *shm = malloc(sizeof(*shm));
	static struct cost_values values;
	(void)state;
	assert_non_null(shm);
	for (size_t i = 0; i < sizeof(scribbles); i++) {
		memset(shm, scribbles[i], sizeof(*shm));
		cost_values(&values, shm, &context);
		for (size_t f = 0; f < COST_FIGURES; f++) {
			if (isnan(values.value[f]))
				assert_int_not_equal(values.why[f], COST_WHY_NONE);
			else
				assert_true(values.value[f] >= 0 && isfinite(values.value[f]));
		}
	}
	free(shm);
}

/* The median cell of all decides. */
static void an_uneven_machine_is_told(void **state)
{
	static struct cost_cell cells[3];
	struct cost_report report = {.cells = 3, .cell = cells};
	static const double even[] = {1.01, 1.25, 9}, uneven[] = {1.01, 1.75, 9};
	(void)state;
	for (int i = 0; i < 3; i++) {
		cells[i].rounds = 1;
		cells[i].estimate[COST_MACHINE_UNEVENNESS].value = even[i];
	}
	cost_judge_machine(&report);
	assert_false(report.noisy);
	assert_true(report.unevenness == 1.25);
	for (int i = 0; i < 3; i++)
		cells[i].estimate[COST_MACHINE_UNEVENNESS].value = uneven[i];
	cost_judge_machine(&report);
	assert_true(report.noisy);
	report.cells = 0;
	cost_judge_machine(&report);
	assert_false(report.noisy);
}

/* ---- Keys ---- */

static void every_figure_has_a_key_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < COST_FIGURES; i++) {
		assert_non_null(cost_figure_info(i)->key);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(cost_figure_info(i)->key, cost_figure_info(k)->key);
	}
}

/* ---- The grid ---- */

static void an_order_is_a_permutation_of_its_own(void **state)
{
	enum { COUNT = 50, ROUNDS = 20 };
	uint32_t order[ROUNDS][COUNT], again[COUNT];
	(void)state;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		bool seen[COUNT] = {false};
		cost_grid_order(order[round], COUNT, 1, round);
		cost_grid_order(again, COUNT, 1, round);
		assert_memory_equal(order[round], again, sizeof(again));
		for (int i = 0; i < COUNT; i++) {
			assert_true(order[round][i] < COUNT && !seen[order[round][i]]);
			seen[order[round][i]] = true;
		}
		for (uint32_t other = 0; other < round; other++)
			assert_memory_not_equal(order[round], order[other], sizeof(again));
		cost_grid_order(again, COUNT, 2, round);
		assert_memory_not_equal(order[round], again, sizeof(again));
	}
}

static size_t places_of(const struct options *options, uint64_t available, struct cost_grid *grid)
{
	static const struct catalogue_allocator allocators[2];
	static const struct catalogue_allocator *const chosen[] = {&allocators[0], &allocators[1]};
	char error[256];
	assert_int_equal(
		cost_grid_make(grid, options, chosen, 2, available, error, sizeof(error)), 0);
	return grid->configs;
}

static void the_usual_grid_is_a_cross(void **state)
{
	struct options options = {.methods = 1};
	struct cost_grid grid;
	(void)state;
	/* 4 threads with the middle heap, once more with huge pages, and the other two heaps. */
	assert_int_equal(places_of(&options, UINT64_C(1) << 40, &grid), 2 * (4 + 1 + 2));
	cost_grid_free(&grid);
	options.effort = EFFORT_QUICK;
	assert_int_equal(places_of(&options, UINT64_C(1) << 40, &grid), 2 * (2 + 1 + 1));
	cost_grid_free(&grid);
	options.effort = EFFORT_THOROUGH;
	assert_int_equal(places_of(&options, UINT64_C(1) << 40, &grid), 2 * 4 * 4);
	cost_grid_free(&grid);
}

static void lists_make_a_whole_grid(void **state)
{
	struct options options = {.methods = 2,
		.cost = {.threads = 3,
			.thread = {1, 2, 3},
			.heaps = 2,
			.heap = {MIB, 2 * MIB},
			.pages = 3}};
	struct cost_grid grid;
	(void)state;
	assert_int_equal(places_of(&options, UINT64_C(1) << 40, &grid), 3 * 2 * 2 * 2 * 2);
	assert_string_equal(grid.note, "");
	cost_grid_free(&grid);
}

static void heaps_that_do_not_fit_are_left_out_or_refused(void **state)
{
	struct options options = {.methods = 1};
	const struct catalogue_allocator *const none[] = {NULL};
	struct cost_grid grid;
	char error[256];
	(void)state;
	assert_int_equal(places_of(&options, 512 * MIB, &grid), 2 * (4 + 1 + 1));
	assert_string_not_equal(grid.note, "");
	cost_grid_free(&grid);
	options.cost.heaps = 1;
	options.cost.heap[0] = 1024 * MIB;
	assert_int_equal(
		cost_grid_make(&grid, &options, none, 0, 512 * MIB, error, sizeof(error)), -EINVAL);
	assert_non_null(strstr(error, "--heap 1024M does not fit"));
	cost_grid_free(&grid);
}

#ifdef HAVE_GSL
/* The middle of the rounds is the one that everybody else computes. */
static void medians_are_those_of_gsl(void **state)
{
	static struct cost_rounds rounds;
	static struct cost_cell cell;
	double sorted[COST_ROUNDS_MAX];
	(void)state;
	for (int i = 0; i < 10; i++) {
		uint64_t fork_ns = UINT64_C(1000) * ((uint64_t)i + 1);
		sorted[i] = (double)fork_ns + 1;
		add(&rounds, fork_ns);
	}
	cost_summarize(&cell, &rounds);
	double expected = gsl_stats_median_from_sorted_data(sorted, 1, 10);
	assert_true(fabs(cell.estimate[COST_FORK_P50].value - expected) < 1e-9);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_holds_what_it_stands_for),
		cmocka_unit_test(a_quantile_is_within_its_bucket),
		cmocka_unit_test(a_distribution_says_no_more_than_its_samples),
		cmocka_unit_test(levels_ascend_below_one),
		cmocka_unit_test(a_histogram_is_distributed_as_it_is),
		cmocka_unit_test(a_figure_is_the_median_of_the_rounds),
		cmocka_unit_test(one_disturbed_round_is_no_noise),
		cmocka_unit_test(small_differences_are_no_noise),
		cmocka_unit_test(one_round_is_not_noisy_and_too_many_are_left_out),
		cmocka_unit_test(scribbles_become_no_figures),
		cmocka_unit_test(an_uneven_machine_is_told),
		cmocka_unit_test(every_figure_has_a_key_of_its_own),
		cmocka_unit_test(an_order_is_a_permutation_of_its_own),
		cmocka_unit_test(the_usual_grid_is_a_cross),
		cmocka_unit_test(lists_make_a_whole_grid),
		cmocka_unit_test(heaps_that_do_not_fit_are_left_out_or_refused),
#ifdef HAVE_GSL
		cmocka_unit_test(medians_are_those_of_gsl),
#endif
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
