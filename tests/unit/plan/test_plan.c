/* Same options, same plan; and unknown names. */
#include "cli.h"
#include "plan.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka needs the four above. */
#include <cmocka.h>

static struct catalogue_allocator allocators[] = {
	{.name = "glibc", .built = true, .runner = "/r/forklab-run-glibc"},
	{.name = "jemalloc", .built = true, .runner = "/r/forklab-run-jemalloc"},
	{.name = "mimalloc", .package = "libmimalloc-dev", .why = "its library is missing"},
	{.name = "teach-none",
		.built = true,
		.kind = ALLOCATOR_TEACHING,
		.runner = "/r/forklab-run-teach-none"},
	/* Only in the catalogue of the tests that say so. */
	{.name = "mine",
		.built = true,
		.preloaded = true,
		.runner = "/r/forklab-run-preload",
		.env = {"LD_PRELOAD=/lib/mine.so"},
		.preload_options = " --preload /lib/mine.so --name mine"},
	{.name = "other", .built = true, .preloaded = true, .runner = "/r/forklab-run-preload"},
};
enum { BUILT = 4, WITH_PRELOADS = 6 };

static struct catalogue catalogue = {
	.allocators = BUILT,
	.allocator = allocators,
	.scenarios = 3,
	.scenario = {{.name = "basic"}, {.name = "rare", .optional = true}, {.name = "signal"}},
};

static struct options options;
static struct plan_list list;
static char error[512];

static int make(int argc, char **argv)
{
	plan_free(&list);
	error[0] = '\0';
	assert_int_equal(cli_parse(argc, argv, NULL, &options, error, sizeof(error)), CLI_PROCEED);
	return plan_make(&list, &options, &catalogue, error, sizeof(error));
}

#define MAKE(...)                                                                                  \
	make(sizeof((char *[]){"forklab", __VA_ARGS__}) / sizeof(char *),                          \
		(char *[]){"forklab", __VA_ARGS__, NULL})

static void defaults(void **state)
{
	(void)state;
	assert_int_equal(MAKE("stress"), 0);
	/* Two methods, the two real allocators that are built, two scenarios. */
	assert_int_equal(list.cells, 8);
	assert_string_equal(list.cell[0].allocator, "glibc");
	assert_string_equal(list.cell[0].scenario, "basic");
	assert_int_equal(list.cell[0].method, METHOD_FORK);
	assert_string_equal(list.cell[7].allocator, "jemalloc");
	assert_string_equal(list.cell[7].scenario, "signal");
	assert_int_equal(list.cell[7].method, METHOD__FORK);
	assert_string_equal(list.cell[7].runner, "/r/forklab-run-jemalloc");
}

static void a_run_has_both_modes(void **state)
{
	(void)state;
	assert_int_equal(MAKE("run"), 0);
	assert_int_equal(list.cells, 16);
	for (size_t i = 0; i < list.cells; i++) {
		const struct cell_plan *pair = &list.cell[i - i % 2];
		assert_int_equal(list.cell[i].mode, i % 2 ? MODE_SWEEP : MODE_STRESS);
		assert_string_equal(list.cell[i].scenario, pair->scenario);
		/* Sweeps of a scenario step through the same sequence, whatever the allocator. */
		for (size_t j = 1; j < list.cells; j += 2)
			if (i % 2 && strcmp(list.cell[j].scenario, list.cell[i].scenario) == 0)
				assert_int_equal(list.cell[i].seed, list.cell[j].seed);
	}
	assert_int_not_equal(list.cell[0].seed, list.cell[1].seed);
	assert_int_equal(MAKE("stress", "-s", "basic", "-m", "fork", "-a", "glibc"), 0);
	assert_int_equal(list.cells, 1);
	assert_int_equal(list.cell[0].mode, MODE_STRESS);
	assert_int_equal(
		MAKE("sweep", "-s", "basic", "-m", "fork", "-a", "glibc", "--point", "44"), 0);
	assert_int_equal(list.cells, 1);
	assert_int_equal(list.cell[0].mode, MODE_SWEEP);
	assert_int_equal(list.cell[0].point, 44);
	assert_false(list.cell[0].every_instruction);
	assert_int_equal(MAKE("sweep", "--every-instruction"), 0);
	assert_int_equal(list.cell[0].point, 0);
	assert_true(list.cell[0].every_instruction);
}

/* On request, without names: all scenarios of the default rows and one of the others. */
static void forms_and_tools_are_tried_briefly(void **state)
{
	(void)state;
	allocators[1].kind = ALLOCATOR_VARIANT;
	assert_int_equal(MAKE("run", "-m", "fork", "--all-variants"), 0);
	assert_int_equal(list.cells, 6);
	assert_int_equal(MAKE("run", "-m", "fork", "--tools"), 0);
	assert_int_equal(list.cells, 4);
	allocators[1].kind = ALLOCATOR_TOOL;
	assert_int_equal(MAKE("run", "-m", "fork"), 0);
	assert_int_equal(list.cells, 4);
	assert_int_equal(MAKE("run", "-m", "fork", "--tools"), 0);
	assert_int_equal(list.cells, 6);
	for (size_t i = 0; i < list.cells; i++)
		assert_true(strcmp(list.cell[i].allocator, "jemalloc") != 0 ||
			    strcmp(list.cell[i].scenario, "basic") == 0);
	assert_int_equal(MAKE("run", "-m", "fork", "-a", "glibc,jemalloc"), 0);
	assert_int_equal(list.cells, 8);
	assert_int_equal(MAKE("run", "-m", "fork", "--tools", "-s", "signal"), 0);
	assert_int_equal(list.cells, 4);
	assert_int_equal(MAKE("run", "-m", "fork", "--thorough"), 0);
	assert_int_equal(list.cells, 12);
	allocators[1].kind = ALLOCATOR_REAL;
}

/* A cure changes nothing else of a cell's plan, and its findings repeat it. */
static void each_cure_is_a_row(void **state)
{
	(void)state;
	assert_int_equal(MAKE("sweep", "-m", "fork", "--cure", "all"), 0);
	assert_int_equal(list.cells, 8);
	for (size_t i = 0; i < list.cells; i++) {
		const struct cell_plan *cell = &list.cell[i], *other = &list.cell[i ^ 2];
		assert_int_equal(
			cell->mitigation, i / 2 % 2 ? MITIGATION_QUIESCE : MITIGATION_NONE);
		assert_string_equal(cell->allocator, i / 4 ? "jemalloc" : "glibc");
		assert_string_equal(cell->scenario, i % 2 ? "signal" : "basic");
		assert_int_equal(cell->seed, other->seed);
		assert_string_equal(
			cell->repro_options, i / 2 % 2 ? " --seed 1 --cure quiesce" : " --seed 1");
	}
}

static void all_means_teaching_too(void **state)
{
	(void)state;
	assert_int_equal(MAKE("stress", "-a", "all", "-m", "clone", "-s", "basic"), 0);
	assert_int_equal(list.cells, 3);
	assert_string_equal(list.cell[2].allocator, "teach-none");
}

static void check_allocators(const char *first, const char *second, const char *third)
{
	const char *wanted[] = {first, second, third};
	size_t count = third ? 3 : second ? 2 : 1;
	assert_int_equal(list.cells, count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(list.cell[i].allocator, wanted[i]);
}

#define ONE_CELL_EACH "stress", "-s", "basic", "-m", "fork"

/* They are there to be seen; what stands beside them is glibc, or what --alloc says. */
static void preloaded_ones_are_always_shown(void **state)
{
	(void)state;
	catalogue.allocators = WITH_PRELOADS;
	assert_int_equal(MAKE(ONE_CELL_EACH), 0);
	check_allocators("glibc", "mine", "other");
	assert_int_equal(MAKE(ONE_CELL_EACH, "-a", "jemalloc"), 0);
	check_allocators("jemalloc", "mine", "other");
	assert_int_equal(MAKE(ONE_CELL_EACH, "-a", "all"), 0);
	assert_int_equal(list.cells, 5);
	catalogue.allocators = WITH_PRELOADS - 1;
	assert_int_equal(MAKE(ONE_CELL_EACH, "-a", "mine"), 0);
	check_allocators("mine", NULL, NULL);
	assert_int_equal(MAKE(ONE_CELL_EACH, "-a", "mine,glibc"), 0);
	check_allocators("mine", "glibc", NULL);
	catalogue.allocators = BUILT;
}

static void a_preloaded_cell_knows_its_object(void **state)
{
	(void)state;
	catalogue.allocators = WITH_PRELOADS;
	assert_int_equal(MAKE(ONE_CELL_EACH), 0);
	assert_null(list.cell[0].object);
	assert_null(list.cell[0].preload_options);
	assert_null(list.cell[0].env[0]);
	assert_ptr_equal(list.cell[1].object, &allocators[BUILT].object);
	assert_string_equal(list.cell[1].env[0], "LD_PRELOAD=/lib/mine.so");
	assert_string_equal(list.cell[1].preload_options, " --preload /lib/mine.so --name mine");
	assert_string_equal(list.cell[1].runner, "/r/forklab-run-preload");
	catalogue.allocators = BUILT;
}

static void same_options_same_plan(void **state)
{
	(void)state;
	uint64_t seed[8];
	assert_int_equal(MAKE("stress", "--seed", "7"), 0);
	for (int i = 0; i < 8; i++)
		seed[i] = list.cell[i].seed;
	assert_int_equal(MAKE("stress", "--seed", "7"), 0);
	for (int i = 0; i < 8; i++)
		assert_int_equal(seed[i], list.cell[i].seed);
	assert_int_equal(MAKE("stress", "--seed", "8"), 0);
	for (int i = 0; i < 8; i++)
		assert_int_not_equal(seed[i], list.cell[i].seed);
	/* A cell's seed does not depend on its neighbours. */
	assert_int_equal(
		MAKE("stress", "--seed", "7", "-a", "jemalloc", "-s", "signal", "-m", "_Fork"), 0);
	assert_int_equal(list.cells, 1);
	assert_int_equal(list.cell[0].seed, seed[7]);
	for (int i = 0; i < 8; i++)
		for (int j = 0; j < i; j++)
			assert_int_not_equal(seed[i], seed[j]);
}

static void one_trial(void **state)
{
	(void)state;
	assert_int_equal(
		MAKE("stress", "-a", "glibc", "-s", "basic", "-m", "fork", "--trial", "37"), 0);
	assert_int_equal(list.cell[0].first_trial, 37);
	assert_int_equal(list.cell[0].trials, 38);
}

static void unknown_names(void **state)
{
	(void)state;
	assert_int_equal(MAKE("run", "-a", "jemaloc"), -EINVAL);
	assert_non_null(strstr(error, "unknown allocator 'jemaloc'; did you mean 'jemalloc'?"));
	assert_int_equal(MAKE("run", "-s", "signl"), -EINVAL);
	assert_non_null(strstr(error, "unknown scenario 'signl'; did you mean 'signal'?"));
	assert_int_equal(MAKE("run", "-a", "xyzzyxyzzy"), -EINVAL);
	assert_null(strstr(error, "did you mean"));
	assert_non_null(strstr(error, "glibc, jemalloc, mimalloc, teach-none"));
	assert_null(strchr(error, '\n'));
}

static void not_built(void **state)
{
	(void)state;
	assert_int_equal(MAKE("run", "-a", "glibc,mimalloc"), -EINVAL);
	assert_non_null(strstr(error, "mimalloc is not built here"));
	assert_non_null(strstr(error, "libmimalloc-dev"));
}

static int teardown(void **state)
{
	(void)state;
	plan_free(&list);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(a_run_has_both_modes),
		cmocka_unit_test(forms_and_tools_are_tried_briefly),
		cmocka_unit_test(each_cure_is_a_row),
		cmocka_unit_test(all_means_teaching_too),
		cmocka_unit_test(preloaded_ones_are_always_shown),
		cmocka_unit_test(a_preloaded_cell_knows_its_object),
		cmocka_unit_test(same_options_same_plan),
		cmocka_unit_test(one_trial),
		cmocka_unit_test(unknown_names),
		cmocka_unit_test(not_built),
	};
	return cmocka_run_group_tests(tests, NULL, teardown);
}
