/* From an examination to notes: a pure function, for all values that the shared page may hold. */
#include "silent_damage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TRIALS = 40, MIB = 1 << 20 };
enum { FRESH = 11, OTHER_FRESH = 12, LAYOUT = 13, OTHER_LAYOUT = 14 };

static struct cell cell;
static struct heap_check heap_check;

/* Two siblings that found nothing, of an allocator without random numbers. */
static int begin(void **state)
{
	(void)state;
	memset(&cell, 0, sizeof(cell));
	memset(&heap_check, 0, sizeof(heap_check));
	cell.mode = CELL_STRESS;
	cell.verdict = VERDICT_OK;
	cell.trials = cell.planned = cell.count[VERDICT_OK] = TRIALS;
	cell.trial_median_ms = 3;
	heap_check.layout = FRESH;
	heap_check.live_bytes = 4 * MIB;
	for (int i = 0; i < SHM_SIBLINGS; i++) {
		struct sibling *sibling = &heap_check.sibling[i];
		sibling->layout = LAYOUT;
		sibling->threads = 1;
		atomic_store(&sibling->checked, 1);
		atomic_store(&sibling->freed, 1);
	}
	return 0;
}

static void expect_only(enum damage_kind kind)
{
	assert_true(cell.heap_checked);
	assert_int_equal(cell.notes, 1);
	assert_int_equal(cell.note[0].kind, kind);
}

static void nothing_is_noted_of_nothing(void **state)
{
	(void)state;
	silent_damage_find(&cell, &heap_check, FRESH);
	assert_true(cell.heap_checked);
	assert_int_equal(cell.notes, 0);
	assert_int_equal(cell.verdict, VERDICT_OK);
	assert_int_equal(cell.trials, TRIALS);
}

static void siblings_that_died_say_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < SHM_SIBLINGS; i++) {
		heap_check.sibling[i].overlaps = 1;
		atomic_store(&heap_check.sibling[i].checked, i ? 0 : 7);
	}
	silent_damage_find(&cell, &heap_check, OTHER_FRESH);
	assert_false(cell.heap_checked);
	assert_int_equal(cell.notes, 0);
}

static void overlaps_are_a_verdict(void **state)
{
	(void)state;
	heap_check.sibling[0].overlaps = 3;
	heap_check.sibling[0].overlap_at = 0x1230;
	silent_damage_find(&cell, &heap_check, FRESH);
	expect_only(DAMAGE_DOUBLE_ALLOCATION);
	assert_int_equal(cell.note[0].count, 3);
	assert_int_equal(cell.note[0].address, 0x1230);
	assert_int_equal(cell.finding.cause, CAUSE_DOUBLE_BLOCKS);
	assert_int_equal(cell.finding.blocks, 3);
	assert_int_equal(cell.finding.block, 0x1230);
	assert_int_equal(cell.verdict, VERDICT_CORRUPTION);
	assert_int_equal(cell.count[VERDICT_CORRUPTION], 1);
	assert_int_equal(cell.count[VERDICT_OK], TRIALS);
	assert_int_equal(cell.trials, TRIALS + 1);
	assert_int_equal(cell.planned, TRIALS + 1);
	assert_true(cell.has_finding);
	assert_true(cell.trial_median_ms == 3);
}

static void no_other_note_is_a_verdict(void **state)
{
	(void)state;
	heap_check.threads = 1;
	heap_check.sibling[0].retained_bytes = 64 * MIB;
	silent_damage_find(&cell, &heap_check, OTHER_FRESH);
	assert_int_equal(cell.notes, 3);
	assert_int_equal(cell.verdict, VERDICT_OK);
	assert_int_equal(cell.trials, TRIALS);
	assert_false(cell.has_finding);
}

static void memory_counts_beyond_what_the_parent_keeps(void **state)
{
	(void)state;
	static const struct {
		uint64_t child, parent, live;
		unsigned notes;
	} known[] = {
		{0, 0, 0, 0},
		{3 * MIB, 0, 4 * MIB, 1},
		{2 * MIB, 0, 4 * MIB, 1},
		{2 * MIB - 1, 0, 4 * MIB, 0},
		{9 * MIB, 9 * MIB, 4 * MIB, 0},
		{9 * MIB, 10 * MIB, 4 * MIB, 0},
		{MIB / 4, 0, MIB / 4, 0},
		{UINT64_MAX, 0, UINT64_MAX, 1},
		{UINT64_MAX, UINT64_MAX, 0, 0},
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		begin(NULL);
		heap_check.sibling[0].retained_bytes = known[i].child;
		heap_check.retained_bytes = known[i].parent;
		heap_check.live_bytes = known[i].live;
		silent_damage_find(&cell, &heap_check, FRESH);
		assert_int_equal(cell.notes, known[i].notes);
	}
	begin(NULL);
	heap_check.sibling[0].retained_bytes = 64 * MIB;
	atomic_store(&heap_check.sibling[0].freed, 0);
	silent_damage_find(&cell, &heap_check, FRESH);
	assert_int_equal(cell.notes, 0);
}

static void threads_are_told_by_name(void **state)
{
	(void)state;
	heap_check.threads = 2;
	memset(heap_check.thread, 'x', sizeof(heap_check.thread));
	heap_check.sibling[0].threads = 2;
	silent_damage_find(&cell, &heap_check, FRESH);
	expect_only(DAMAGE_LOST_THREADS);
	assert_int_equal(cell.note[0].count, 1);
	assert_int_equal(cell.note[0].total, 2);
	begin(NULL);
	heap_check.threads = 1;
	memcpy(heap_check.thread, "\033[2J", 5);
	silent_damage_find(&cell, &heap_check, FRESH);
	expect_only(DAMAGE_LOST_THREADS);
	assert_null(strchr(cell.note[0].name, '\033'));
	begin(NULL);
	heap_check.threads = 1;
	heap_check.sibling[0].threads = UINT32_MAX;
	silent_damage_find(&cell, &heap_check, FRESH);
	assert_int_equal(cell.notes, 0);
	begin(NULL);
	heap_check.threads = UINT32_MAX;
	heap_check.sibling[0].threads = 0;
	silent_damage_find(&cell, &heap_check, FRESH);
	expect_only(DAMAGE_LOST_THREADS);
}

static void random_means_random_from_process_to_process(void **state)
{
	(void)state;
	silent_damage_find(&cell, &heap_check, OTHER_FRESH);
	expect_only(DAMAGE_SHARED_LAYOUT);
	begin(NULL);
	heap_check.sibling[1].layout = OTHER_LAYOUT;
	silent_damage_find(&cell, &heap_check, OTHER_FRESH);
	assert_int_equal(cell.notes, 0);
	/* One sibling alone is not enough. */
	begin(NULL);
	atomic_store(&heap_check.sibling[0].checked, 0);
	silent_damage_find(&cell, &heap_check, OTHER_FRESH);
	assert_true(cell.heap_checked);
	assert_int_equal(cell.notes, 0);
}

static void kinds_have_names(void **state)
{
	(void)state;
	for (int kind = 0; kind < DAMAGE_KINDS; kind++)
		assert_string_not_equal(silent_damage_name((enum damage_kind)kind), "unknown");
	assert_string_equal(silent_damage_name(DAMAGE_KINDS), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_is_noted_of_nothing, begin),
		cmocka_unit_test_setup(siblings_that_died_say_nothing, begin),
		cmocka_unit_test_setup(overlaps_are_a_verdict, begin),
		cmocka_unit_test_setup(no_other_note_is_a_verdict, begin),
		cmocka_unit_test_setup(memory_counts_beyond_what_the_parent_keeps, begin),
		cmocka_unit_test_setup(threads_are_told_by_name, begin),
		cmocka_unit_test_setup(random_means_random_from_process_to_process, begin),
		cmocka_unit_test(kinds_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
