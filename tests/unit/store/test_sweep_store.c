/*
 * Which sweeps are taken from the store of results: only those whose plan, machine and files are
 * the same. Each difference is planted, one at a time.
 */
#include "cell_record.h"
#include "sweep_key.h"
#include "sweep_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/forklab-sweeps-XXXXXX", path[128], runner[128], library[128];
static struct result_store *store;
static struct cell cell;

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int begin(void **state)
{
	char error[STORE_ERROR_MAX];
	(void)state;
	(void)snprintf(directory, sizeof(directory), "/tmp/forklab-sweeps-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/store", directory);
	(void)snprintf(runner, sizeof(runner), "%s/runner", directory);
	(void)snprintf(library, sizeof(library), "%s/library", directory);
	write_file(runner, "runner");
	write_file(library, "library");
	return store_open(&store, path, error, sizeof(error));
}

static int end(void **state)
{
	char command[256];
	(void)state;
	store_close(store);
	(void)snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

static struct cell_plan usual_plan(void)
{
	return (struct cell_plan){.allocator = "glibc",
		.scenario = "basic",
		.method = METHOD_FORK,
		.runner = runner,
		.mode = MODE_SWEEP,
		.seed = 1,
		.deadline_s = 10,
		.seconds = 7,
		.repro_options = " --seed 1"};
}

static struct window windows[2] = {{.first = 3, .last = 4}, {.first = 9, .last = 9}};

/* A whole sweep of 100 points, with two windows. */
static struct cell usual_cell(void)
{
	struct cell made = {.allocator = "glibc",
		.scenario = "basic",
		.mode = CELL_SWEEP,
		.verdict = VERDICT_DEADLOCK,
		.trials = 100,
		.count = {[VERDICT_OK] = 97, [VERDICT_DEADLOCK] = 3}};
	made.sweep.points = made.sweep.tried = 100;
	made.sweep.complete = true;
	made.sweep.windows = 2;
	made.sweep.window = windows;
	made.sweep.files = 2;
	(void)snprintf(made.sweep.file[0], MAPPED_PATH_MAX, "%s", runner);
	(void)snprintf(made.sweep.file[1], MAPPED_PATH_MAX, "%s", library);
	return made;
}

static bool finds(const struct cell_plan *plan)
{
	struct cell found = {0};
	bool is_there = sweep_store_find(store, plan, &found);
	if (is_there) {
		assert_true(found.reused > 0);
		assert_int_equal(found.count[VERDICT_DEADLOCK], 3);
		assert_int_equal(found.sweep.windows, 2);
		assert_int_equal(found.sweep.window[1].first, 9);
		free(found.sweep.window);
	}
	return is_there;
}

static void keep(const struct cell_plan *plan)
{
	cell = usual_cell();
	sweep_store_keep(store, plan, &cell);
}

static void the_same_sweep_is_found(void **state)
{
	(void)state;
	struct cell_plan plan = usual_plan();
	assert_false(finds(&plan));
	keep(&plan);
	assert_true(finds(&plan));
	/* What it may cost does not matter. */
	plan.seconds = 1;
	assert_true(finds(&plan));
}

static void another_plan_is_another_sweep(void **state)
{
	(void)state;
	static const struct plan_object object = {.path = "/bin/sh"};
	static const char *const env[] = {"A=b", NULL};
	struct cell_plan plan = usual_plan(), changed[9];
	keep(&plan);
	for (size_t i = 0; i < 9; i++)
		changed[i] = plan;
	changed[0].allocator = "musl";
	changed[1].scenario = "pool";
	changed[2].method = METHOD__FORK;
	changed[3].mitigation = MITIGATION_QUIESCE;
	changed[4].seed = 2;
	changed[5].every_instruction = true;
	changed[6].memory_bytes = 1 << 20;
	changed[7].object = &object;
	changed[8].env = env;
	for (size_t i = 0; i < 9; i++)
		assert_false(finds(&changed[i]));
	assert_true(finds(&plan));
}

static void a_changed_file_is_noticed(void **state)
{
	(void)state;
	const char *const files[] = {runner, library};
	struct cell_plan plan = usual_plan();
	for (size_t i = 0; i < 2; i++) {
		keep(&plan);
		assert_true(finds(&plan));
		write_file(files[i], "changed");
		assert_false(finds(&plan));
	}
	keep(&plan);
	assert_true(finds(&plan));
	assert_int_equal(unlink(library), 0);
	assert_false(finds(&plan));
}

static void a_changed_environment_is_noticed(void **state)
{
	(void)state;
	struct cell_plan plan = usual_plan();
	keep(&plan);
	assert_int_equal(setenv("MALLOC_ARENA_MAX", "1", 1), 0);
	assert_false(finds(&plan));
	assert_int_equal(unsetenv("MALLOC_ARENA_MAX"), 0);
	assert_true(finds(&plan));
	assert_int_equal(setenv("ANY_ALLOCATORS_OWN", "1", 1), 0);
	assert_false(finds(&plan));
	assert_int_equal(unsetenv("ANY_ALLOCATORS_OWN"), 0);
	/* What changes from terminal to terminal does not count. */
	assert_int_equal(setenv("OLDPWD", "/elsewhere", 1), 0);
	assert_true(finds(&plan));
}

static void assert_not_kept(const struct cell *unfit)
{
	struct cell_plan plan = usual_plan();
	sweep_store_keep(store, &plan, unfit);
	assert_false(finds(&plan));
}

static void what_depends_on_chance_is_not_kept(void **state)
{
	(void)state;
	struct cell unfit[7];
	for (size_t i = 0; i < 7; i++)
		unfit[i] = usual_cell();
	unfit[0].cut = true;
	unfit[1].sweep.complete = false;
	unfit[2].sweep.shared_lock = true;
	unfit[3].count[VERDICT_BROKEN] = 1;
	unfit[4].count[VERDICT_UNKNOWN] = 1;
	unfit[5].sweep.files = MAPPED_FILES_MAX + 1;
	unfit[6].verdict = VERDICT_SKIPPED;
	for (size_t i = 0; i < 7; i++)
		assert_not_kept(&unfit[i]);
}

static void reproductions_and_random_trials_are_not_looked_up(void **state)
{
	(void)state;
	struct cell_plan plan = usual_plan();
	keep(&plan);
	plan.point = 3;
	assert_false(finds(&plan));
	plan = usual_plan();
	plan.points = stdout;
	assert_false(finds(&plan));
	plan = usual_plan();
	plan.mode = MODE_STRESS;
	assert_false(finds(&plan));
}

static void records_of_another_size_are_refused(void **state)
{
	(void)state;
	struct cell read = {.trials = 5};
	size_t size;
	cell = usual_cell();
	unsigned char *bytes = cell_record_make(&cell, &size);
	assert_non_null(bytes);
	const size_t wrong[] = {0, 1, sizeof(cell) - 1, sizeof(cell), size - 1};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_true(cell_record_read(&read, bytes, wrong[i]) < 0);
	assert_int_equal(read.trials, 5);
	assert_int_equal(cell_record_read(&read, bytes, size), 0);
	assert_int_equal(read.trials, 100);
	free(read.sweep.window);
	free(bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_same_sweep_is_found),
		TEST(another_plan_is_another_sweep),
		TEST(a_changed_file_is_noticed),
		TEST(a_changed_environment_is_noticed),
		TEST(what_depends_on_chance_is_not_kept),
		TEST(reproductions_and_random_trials_are_not_looked_up),
		TEST(records_of_another_size_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
