/* The sentences under the table: only what the results have. */
#include "report_summary.h"
#include "sweep_report_fixture.h"

static char said[16 * MODEL_TEXT_MAX];

/* All notes, a line each. */
static const char *meaning(void)
{
	size_t used = 0;
	report.notes = 0;
	assert_int_equal(results_build(&report), 0);
	assert_int_equal(report_summary_write(&report), 0);
	results_free(&report);
	said[0] = '\0';
	for (size_t i = 0; i < report.notes; i++)
		used += (size_t)snprintf(said + used, sizeof(said) - used, "%s\n", report.note[i]);
	free(report.note);
	report.notes = 0;
	return said;
}

/* The pair is clean, and its sweep complete. */
static void make_clean(size_t result)
{
	struct cell *stress = stress_of(result), *sweep = sweep_of(result);
	set_points(stress, 400, 0, 0);
	stress->sweep = (struct sweep){0};
	stress->has_finding = sweep->has_finding = sweep->cut = false;
	sweep->skip = (struct skip){0};
	make_sweep(sweep);
}

static void a_sweep_that_is_whole_may_say_all(void **state)
{
	(void)state;
	for (size_t i = 2; i < SWEEP_RESULTS; i++)
		make_clean(i);
	assert_holds(meaning(),
		"Under _Fork() nothing bad was found in jemalloc, mimalloc, tcmalloc: all 5724 "
		"fork points of the sweeps and 2400 random forks. This covers the operations");
	assert_lacks(meaning(), "nothing bad was seen");
	keep_mode(true);
	assert_holds(meaning(), "all 5724 fork points of the sweeps. This covers");
	assert_lacks(meaning(), "random");
}

static void one_that_is_not_must_not(void **state)
{
	(void)state;
	for (size_t i = 2; i < 4; i++)
		make_clean(i);
	/* mimalloc: cut and skipped; tcmalloc: broken and sampled. */
	assert_holds(meaning(), "nothing bad was found in jemalloc: all 1908 fork points");
	assert_holds(meaning(),
		"nothing bad was seen in mimalloc, tcmalloc, in sweeps that did not cover "
		"everything (1400 fork points). The table shows the upper bound");
	/* What does not apply is not missing; what there was no time for is. */
	make_clean(4);
	assert_holds(meaning(), "found in jemalloc, mimalloc: all 2862 fork points");
	sweep_of(5)->cut = true;
	assert_holds(meaning(), "found in jemalloc: all 1908 fork points");
	keep_mode(true);
	assert_holds(meaning(), "(1854 fork points). That is not proof of safety.");
}

static void a_run_without_sweeps_talks_of_trials(void **state)
{
	(void)state;
	keep_mode(false);
	assert_holds(meaning(), "Under _Fork() nothing bad was seen in mimalloc, tcmalloc. The "
				"table shows the upper bound");
	assert_holds(meaning(), "(worst in signal: 37 of 400 trials bad)");
	assert_lacks(meaning(), "fork points");
	assert_holds(meaning(),
		"To reproduce one of them: forklab stress -a glibc -s signal -m _Fork\n");
}

static void points_are_not_trials(void **state)
{
	(void)state;
	assert_holds(meaning(),
		"glibc's child can hang forever under _Fork() (worst in signal: 44 of 952 fork "
		"points bad).");
	assert_holds(meaning(),
		"jemalloc's processes can crash under _Fork() (worst in signal: 2 of 400 trials "
		"bad).");
}

/* "jemalloc" stands for a tool here: worse, and told after what programs use. */
static void real_allocators_come_first(void **state)
{
	(void)state;
	for (size_t i = 0; i < report.cells; i++)
		report.cell[i].secondary = strcmp(report.cell[i].allocator, "jemalloc") == 0;
	const char *text = meaning();
	const char *tool = strstr(text, "jemalloc's proc"), *real = strstr(text, "glibc's child");
	assert_true(tool && real && real < tool);
	for (size_t i = 0; i < report.cells; i++)
		report.cell[i].secondary = false;
	text = meaning();
	const char *worse = strstr(text, "jemalloc's proc"), *other = strstr(text, "glibc's child");
	assert_true(worse && other && worse < other);
}

static void one_is_no_plural(void **state)
{
	(void)state;
	for (size_t i = 1; i < SWEEP_RESULTS; i++)
		make_clean(i);
	stress_of(0)->count[VERDICT_DEADLOCK] = stress_of(0)->trials = 1;
	keep_mode(false);
	assert_holds(meaning(), "1 of 1 trial bad).");
}

static void a_cure_is_part_of_the_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < SWEEP_RESULTS; i++)
		make_clean(i);
	fill(stress_of(0)->mitigation, MODEL_NAME_MAX, "quiesce");
	fill(stress_of(0)->subject, MODEL_NAME_MAX, "glibc +quiesce");
	make_hang(stress_of(0), 5);
	assert_holds(meaning(), "glibc +quiesce's child can hang forever");
	assert_holds(meaning(), " --cure quiesce\n");
}

static void the_advice_prefers_a_sweep(void **state)
{
	(void)state;
	make_hang(stress_of(0), 5);
	assert_holds(meaning(),
		"To reproduce one of them: forklab sweep -a glibc -s basic -m _Fork --point 210 "
		"--seed 1\n");
	/* But what fork() does concerns more people. */
	stress_of(3)->method = METHOD_FORK;
	sweep_of(3)->method = METHOD_FORK;
	assert_holds(meaning(), "To reproduce one of them: forklab stress -a jemalloc -s signal");
	for (size_t i = 0; i < SWEEP_RESULTS; i++)
		make_clean(i);
	assert_holds(meaning(), "For a longer search");
}

static void locks_of_the_application_are_counted_once(void **state)
{
	(void)state;
	make_foreign(stress_of(1), LOCK_ORIGIN_APPLICATION);
	make_foreign(sweep_of(1), LOCK_ORIGIN_APPLICATION);
	fill(sweep_of(1)->finding.lock, MODEL_TEXT_MAX, "the logger's mutex");
	assert_holds(meaning(), "In 1 cell the child hung on the logger's mutex, which is not");
}

/* Whose child hangs on a lock of libc is not accused. */
static void a_lock_of_libc_is_not_the_allocators(void **state)
{
	(void)state;
	for (size_t i = 0; i < SWEEP_RESULTS; i++)
		make_clean(i);
	make_hang(stress_of(0), 5);
	make_foreign(stress_of(0), LOCK_ORIGIN_LIBC);
	stress_of(0)->finding.lock_published = false;
	fill(stress_of(0)->finding.lock_variable, MODEL_NAME_MAX, "tzset_lock");
	assert_lacks(meaning(), "can hang");
	assert_holds(meaning(), "nothing bad of the allocator's own was found in glibc");
	assert_holds(meaning(), "In 1 cell the child hung on libc's lock tzset_lock, which is not");
	/* The allocator called what takes it. */
	stress_of(0)->finding.by_allocator = true;
	stress_of(0)->foreign[VERDICT_DEADLOCK] = 0;
	assert_holds(meaning(), "glibc's child can hang forever");
}

/* The first finding is libc's, and most of the bad trials are the allocator's. */
static void one_lock_of_libc_hides_no_hang_of_the_allocator(void **state)
{
	(void)state;
	for (size_t i = 0; i < SWEEP_RESULTS; i++)
		make_clean(i);
	make_hang(stress_of(0), 5);
	make_foreign(stress_of(0), LOCK_ORIGIN_LIBC);
	stress_of(0)->foreign[VERDICT_DEADLOCK] = 1;
	assert_holds(meaning(), "glibc's child can hang forever");
	assert_holds(meaning(), "4 of 400 trials bad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SWEEP_TEST(a_sweep_that_is_whole_may_say_all),
		SWEEP_TEST(one_that_is_not_must_not),
		SWEEP_TEST(a_run_without_sweeps_talks_of_trials),
		SWEEP_TEST(points_are_not_trials),
		SWEEP_TEST(real_allocators_come_first),
		SWEEP_TEST(one_is_no_plural),
		SWEEP_TEST(a_cure_is_part_of_the_name),
		SWEEP_TEST(the_advice_prefers_a_sweep),
		SWEEP_TEST(locks_of_the_application_are_counted_once),
		SWEEP_TEST(a_lock_of_libc_is_not_the_allocators),
		SWEEP_TEST(one_lock_of_libc_hides_no_hang_of_the_allocator),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
