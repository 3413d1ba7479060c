/* From verdicts to a cell. */
#include "result.h"
#include "sweep_report_fixture.h"
#include "tally.h"

static struct tally tally;

static void the_worst_verdict_and_its_first_finding_are_kept(void **state)
{
	struct cell *cell = &cells[0];
	struct finding finding = {.verdict = VERDICT_DEADLOCK, .latency_ms = 2};
	(void)state;
	*cell = (struct cell){.mode = CELL_SWEEP, .sweep.tried = 5};
	tally = (struct tally){.cell = cell};
	finding.certainty = CERTAINTY_PROVEN;
	for (finding.trial = 4; finding.trial < 7; finding.trial++)
		tally_add(&tally, VERDICT_DEADLOCK, &finding);
	finding.certainty = CERTAINTY_NONE;
	finding.verdict = VERDICT_CRASH;
	tally_add(&tally, VERDICT_CRASH, &finding);
	tally_add(&tally, VERDICT_OK, NULL);
	tally_finish(&tally);
	assert_int_equal(cell->verdict, VERDICT_CRASH);
	assert_int_equal(cell->finding.trial, 7);
	assert_int_equal(cell->proven, 3);
	assert_int_equal(cell->trials, 5);
	assert_int_equal(tally_bad(cell), 4);
	assert_true(cell->latency_median_ms == 2);
}

/* A finding that is held against the allocator is shown before one that is not. */
static void what_is_not_the_allocators_is_counted_apart(void **state)
{
	struct cell *cell = &cells[0];
	struct finding own = {.verdict = VERDICT_DEADLOCK, .latency_ms = -1, .trial = 3};
	struct finding foreign = own;
	(void)state;
	foreign.lock_origin = LOCK_ORIGIN_LIBC;
	foreign.trial = 1;
	*cell = (struct cell){.mode = CELL_SWEEP, .sweep.tried = 10};
	tally = (struct tally){.cell = cell};
	tally_add(&tally, VERDICT_DEADLOCK, &foreign);
	tally_add(&tally, VERDICT_DEADLOCK, &foreign);
	tally_finish(&tally);
	assert_int_equal(cell->verdict, VERDICT_DEADLOCK);
	assert_int_equal(tally_foreign(cell), 2);
	assert_int_equal(tally_held(cell), 0);
	assert_int_equal(tally_held_verdict(cell), VERDICT_OK);
	assert_false(model_has_held_verdict(cell, VERDICT_DEADLOCK));
	assert_int_equal(cell->finding.trial, 1);
	tally_add(&tally, VERDICT_DEADLOCK, &own);
	own.trial = 4;
	own.verdict = VERDICT_LIVELOCK;
	tally_add(&tally, VERDICT_LIVELOCK, &own);
	tally_finish(&tally);
	assert_int_equal(tally_held(cell), 2);
	assert_int_equal(tally_held_verdict(cell), VERDICT_DEADLOCK);
	assert_true(model_has_held_verdict(cell, VERDICT_DEADLOCK));
	assert_int_equal(cell->finding.trial, 3);
	/* The allocator called what takes libc's lock. */
	foreign.by_allocator = true;
	tally_add(&tally, VERDICT_DEADLOCK, &foreign);
	assert_int_equal(tally_foreign(cell), 2);
}

static void add(struct cell *cell, enum verdict verdict, unsigned times)
{
	const struct finding finding = {.verdict = verdict, .latency_ms = -1};
	tally = (struct tally){.cell = cell};
	for (unsigned i = 0; i < times; i++)
		tally_add(&tally, verdict, &finding);
	tally_finish(&tally);
}

static void more_bad_points_than_points_are_impossible(void **state)
{
	struct cell *cell = &cells[0];
	(void)state;
	*cell = (struct cell){.mode = CELL_SWEEP, .sweep.tried = 4};
	add(cell, VERDICT_REFUSED, 5);
	assert_int_equal(cell->verdict, VERDICT_BROKEN);
	assert_int_equal(cell->finding.cause, CAUSE_MISCOUNTED);
	assert_int_equal(tally_bad(cell), 0);
	/* The parent's verdict counts, but as no point. */
	*cell = (struct cell){.mode = CELL_SWEEP, .sweep.tried = 4, .sweep.parent_bad = 1};
	add(cell, VERDICT_REFUSED, 5);
	assert_int_equal(cell->verdict, VERDICT_REFUSED);
	assert_int_equal(tally_bad(cell), 5);
	assert_int_equal(tally_bad_points(cell), 4);
	*cell = (struct cell){.mode = CELL_SWEEP, .sweep.tried = 4, .sweep.parent_bad = 2};
	add(cell, VERDICT_REFUSED, 1);
	assert_int_equal(cell->verdict, VERDICT_BROKEN);
	*cell = (struct cell){.mode = CELL_STRESS};
	add(cell, VERDICT_CRASH, 5);
	assert_int_equal(cell->verdict, VERDICT_CRASH);
}

static void no_time_is_no_verdict(void **state)
{
	struct cell *cell = &cells[0];
	(void)state;
	*cell = (struct cell){.mode = CELL_STRESS, .cut = true};
	tally = (struct tally){.cell = cell};
	tally_finish(&tally);
	assert_int_equal(cell->verdict, VERDICT_SKIPPED);
	assert_int_equal(cell->skip.reason, SKIP_BUDGET);
	*cell = (struct cell){.mode = CELL_SWEEP, .cut = true};
	tally_finish(&tally);
	assert_int_equal(cell->verdict, VERDICT_SKIPPED);
	assert_int_equal(cell->skip.reason, SKIP_BUDGET);
}

static void forks_that_all_waited_are_ok_only_if_they_came_to_an_end(void **state)
{
	struct cell *cell = &cells[0];
	(void)state;
	*cell = (struct cell){.mode = CELL_SWEEP, .sweep.waited = 5};
	tally = (struct tally){.cell = cell};
	tally_finish(&tally);
	assert_int_equal(cell->verdict, VERDICT_OK);
	*cell = (struct cell){.mode = CELL_SWEEP, .sweep.waited = 5, .cut = true};
	tally_finish(&tally);
	assert_int_equal(cell->verdict, VERDICT_SKIPPED);
}

static void a_sequence_that_changes_nothing_is_ok(void **state)
{
	struct cell *cell = &cells[0];
	(void)state;
	*cell = (struct cell){.mode = CELL_SWEEP, .sweep.complete = true};
	tally = (struct tally){.cell = cell};
	tally_finish(&tally);
	assert_int_equal(cell->verdict, VERDICT_OK);
	assert_false(cell->has_finding);
	assert_true(cell_nothing_changes(cell));
	assert_true(result_cell_judged(cell));
	assert_true(result_sweep_complete(cell));
}

/* A reason, and a count that the exit status sees. */
static void no_broken_cell_is_without_a_reason(void **state)
{
	static const enum cell_mode modes[] = {CELL_STRESS, CELL_SWEEP};
	struct cell *cell = &cells[0];
	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		*cell = (struct cell){.mode = modes[i]};
		tally = (struct tally){.cell = cell};
		tally_finish(&tally);
		assert_int_equal(cell->verdict, VERDICT_BROKEN);
		assert_int_equal(cell->count[VERDICT_BROKEN], 1);
		assert_true(cell->has_finding);
		assert_int_equal(cell->finding.cause, CAUSE_NOTHING_JUDGED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SWEEP_TEST(the_worst_verdict_and_its_first_finding_are_kept),
		SWEEP_TEST(what_is_not_the_allocators_is_counted_apart),
		SWEEP_TEST(more_bad_points_than_points_are_impossible),
		SWEEP_TEST(no_time_is_no_verdict),
		SWEEP_TEST(forks_that_all_waited_are_ok_only_if_they_came_to_an_end),
		SWEEP_TEST(a_sequence_that_changes_nothing_is_ok),
		SWEEP_TEST(no_broken_cell_is_without_a_reason),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
