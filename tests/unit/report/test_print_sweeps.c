/* Sweeps in the formats for people: with stress, alone, cut, skipped, broken, sampled. */
#include "result_counts.h"
#include "sweep_report_fixture.h"

#include <locale.h>

static char *print_flat(unsigned width)
{
	char *text = print_as(OUTPUT_TEXT, &(struct print_options){.width = width, .utf8 = true});
	flatten(text);
	return text;
}

static void assert_says(const char *part)
{
	char *text = print_flat(0);
	assert_holds(text, part);
	free(text);
}

static void assert_never_says(const char *part)
{
	char *text = print_flat(0);
	assert_lacks(text, part);
	free(text);
}

static void a_cell_shows_both(void **state)
{
	static const char *const rows[] = {
		"glibc deadlock [1] deadlock [2] 5.3.0 12 of 954 points 44 of 952 points 0 of 400 "
		"trials 37 of 400 trials",
		"jemalloc ok crash [3] 5.3.0 0 of 954 points, all 0 of 954 points, all 0 of 400 "
		"trials, ≤ 0.75 % 2 of 400 trials",
		"mimalloc ok ok [4] 5.3.0 0 of 500 points, in part sweep skipped 0 of 400 trials, "
		"≤ 0.75 % 0 of 400 trials, ≤ 0.75 %",
		"tcmalloc ok [5] ok 5.3.0 sweep broken 0 of 900 points, sampled 0 of 400 trials",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_says(rows[i]);
}

static void differences_are_explained(void **state)
{
	(void)state;
	assert_says("again forklab sweep -a glibc -s basic -m _Fork --point 210 --seed 1 stress "
		    "hit it in 0 of 400 trials: its window is 12 of 954 points wide [2]");
	assert_says("[2] glibc / signal / _Fork(): deadlock at 44 of 952 points (proven), 12 "
		    "windows, first at point 210 the child");
	assert_says("--seed 1 stress deadlock in 37 of 400 trials (proven) [3]");
	assert_says("[3] jemalloc / signal / _Fork(): crash in 2 of 400 trials, first in trial 17");
	assert_says("sweep 0 of 954 points, all: the two do not run the same operations [4]");
	assert_says(
		"[4] mimalloc / signal / _Fork(): ok sweep skipped: no stepping on aarch64 [5]");
	assert_says("[5] tcmalloc / basic / _Fork(): ok sweep broken: the runner never reached its "
		    "sequence");
	/* Both are bad, and not alike: the worse one is shown, and the other one named. */
	make_crash(stress_of(0), 3);
	assert_says("crash [1] deadlock [2] 5.3.0 12 of 954 points deadlock 44 of 952 points");
	assert_says("sweep deadlock at 12 of 954 points (proven): the two do not run");
}

static void several_windows_are_counted(void **state)
{
	(void)state;
	set_points(stress_of(1), 400, 0, 0);
	stress_of(1)->sweep = (struct sweep){0};
	stress_of(1)->has_finding = false;
	/* Both pairs of glibc hang on the same lock now, so they share a footnote. */
	assert_says("its window is 12 of 954 points wide also in signal / _Fork() (44 of 952 "
		    "points, 12 windows, 0 of 400 trials, point 210) [2]");
	fill(sweep_of(1)->allocator, MODEL_NAME_MAX, "hoard");
	fill(stress_of(1)->allocator, MODEL_NAME_MAX, "hoard");
	assert_says("hit it in 0 of 400 trials: its 12 windows are 44 of 952 points wide");
}

static void all_is_never_said_of_less(void **state)
{
	(void)state;
	for (size_t i = 2; i < 4; i++)
		set_points(sweep_of(i), 900, 0, 54);
	assert_never_says("points, all");
	sweep_of(2)->sweep.left_out = 0;
	assert_says("0 of 900 points, all");
	sweep_of(2)->sweep.complete = false;
	assert_never_says("points, all");
	assert_says("Swept in part only: 1 of 8 cells.");
	assert_says("Sampled in long runs of stores: 2 of 4 sweeps, which left out 108 of their "
		    "1908 fork points.");
}

static void points_that_waited_are_covered(void **state)
{
	(void)state;
	set_points(sweep_of(2), 0, 30, 0);
	assert_says("0 of 30 points, all");
	assert_says("crash [3] 5.3.0 0 of 30 points, all");
	set_points(sweep_of(2), 1, 0, 0);
	assert_says("0 of 1 point, all");
}

static void one_reason_for_no_sweep_is_said_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < SWEEP_RESULTS; i++) {
		sweep_of(i)->has_finding = false;
		make_skipped(sweep_of(i), "no stepping on aarch64");
		sweep_of(i)->sweep = (struct sweep){0};
	}
	assert_says("No cell could be swept: no stepping on aarch64");
	assert_never_says("skipped: no stepping");
	assert_says("jemalloc ok crash [2] 5.3.0 sweep skipped");
	assert_never_says("What the sweeps went through");
	/* Not if one differs. */
	fill(sweep_of(7)->skip.text, MODEL_TEXT_MAX, "no right to trace");
	assert_never_says("No cell could be swept");
	assert_says("sweep skipped: no right to trace");
}

static void sweeps_alone_talk_of_points_only(void **state)
{
	(void)state;
	keep_mode(true);
	assert_says("glibc deadlock [1] deadlock [1] 5.3.0 12 of 954 points 44 of 952 points");
	assert_says("also in signal / _Fork() (44 of 952 points, 12 windows, point 210)");
	assert_says("(1 ok, 1 deadlock) _Fork():");
	assert_says("a sweep of each cell, seed");
	assert_never_says("trials");
	assert_never_says("confidence");
	assert_says("mimalloc ok skipped [2]");
	/* The quiet one has no place for it, and neither has a run that was not asked. */
	assert_says("What the sweeps went through glibc / basic / _Fork(): 954 fork points, all "
		    "tried, in 25431 instructions; reached 1234 distinct ones in 56 functions, 12 "
		    "system calls of 4 kinds");
	assert_says("952 fork points (900 tried, 52 waited) in");
	assert_says("of a sequence that was not finished; reached");
	assert_never_says("stuck at");
	report.options.every_instruction = true;
	assert_says("a sweep of each cell with a fork after every instruction, seed");
}

static void stress_alone_is_as_it_was(void **state)
{
	(void)state;
	keep_mode(false);
	assert_says("glibc ok deadlock [1] 5.3.0 0 of 400, ≤ 0.75 % 37 of 400 ");
	assert_says("400 trials a cell, 4 workers, forks aimed into the allocator, seed");
	assert_never_says("point");
	assert_never_says("sweep");
}

static void windows_are_listed_on_request(void **state)
{
	(void)state;
	assert_never_says("stuck at");
	assert_never_says("What the sweeps went through");
	report.options.windows = true;
	assert_says("points verdict child's step worker in worker at lock stuck at ");
	assert_says("210-221 deadlock free-others malloc(1500) _int_malloc+0x1f main_arena, held "
		    "by worker 1 libc.so.6+0x8701b glibc / signal");
	assert_says(" 17 deadlock free-others");
	assert_says("300-400 (90 left out) livelock (no proof) free-others malloc(1500) "
		    "_int_malloc+0x1f libc.so.6+0x8701b and 10 more windows, of which only");
	windows[0].proven = 3;
	assert_says("210-221 deadlock (3 proven) free-others");
	sweep_of(1)->sweep.windows_lost = 0;
	assert_never_says("more window");
	sweep_of(0)->sweep.coverage = (struct coverage){7, 0, 0, 0};
	assert_says("reached 7 distinct ones, 0 system calls points");
}

static void windows_are_listed_quietly(void **state)
{
	char *text;
	(void)state;
	report.options.windows = true;
	text = print_as(OUTPUT_TEXT, &(struct print_options){.utf8 = true, .quiet = true});
	assert_holds(text, "210-221  deadlock");
	assert_lacks(text, "[1]");
	free(text);
	report.options.windows = false;
	keep_mode(true);
	text = print_as(OUTPUT_TEXT, &(struct print_options){.utf8 = true, .quiet = true});
	assert_lacks(text, "What the sweeps went through");
	free(text);
}

static void windows_fit_every_width(void **state)
{
	(void)state;
	report.options.windows = true;
	for (unsigned width = 40; width <= 160; width++) {
		char *text = print_as(OUTPUT_TEXT, &(struct print_options){.width = width});
		for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
			assert_in_range(strcspn(line, "\n"), 0, width);
		flatten(text);
		assert_holds(text, "main_arena, held by worker 1");
		assert_holds(text, "44 of 952 points");
		assert_holds(text, "37 of 400 trials");
		assert_holds(text, "sweep skipped");
		free(text);
	}
}

static void narrow_tables_hold_both(void **state)
{
	char *text = print_flat(50);
	(void)state;
	assert_holds(
		text, "glibc / basic: deadlock [1], 12 of 954 points, 0 of 400 trials, ≤ 0.75");
	assert_holds(text, "mimalloc / signal: ok [4], sweep skipped, 0 of 400 trials, ≤ 0.75 %");
	free(text);
	/* The bound stands on the line of its trials. */
	for (size_t i = 0; i < SWEEP_CELLS; i++) {
		fill(cells[i].allocator, MODEL_NAME_MAX, "glibc");
		(void)snprintf(cells[i].scenario, MODEL_NAME_MAX, "number-%zu", i / 2);
	}
	text = print_as(OUTPUT_TEXT, &(struct print_options){.width = 80, .utf8 = true});
	assert_holds(text,
		"\nglibc      number-0  deadlock [1]  12 of 954 points\n"
		"                                   0 of 400 trials           ≤ 0.75 %\n");
	free(text);
}

static void whose_verdict_it_is_keeps_footnotes_apart(void **state)
{
	(void)state;
	/* Twice a deadlock on one lock and a livelock, but once the deadlock is of the sweep. */
	make_hang(stress_of(0), 3);
	stress_of(0)->verdict = VERDICT_LIVELOCK;
	sweep_of(1)->verdict = VERDICT_LIVELOCK;
	assert_says("glibc deadlock [1] deadlock [2]");
	/* Interrupted before the second sweep. */
	sweep_of(0)->has_finding = false;
	make_skipped(sweep_of(0), "no stepping on aarch64");
	stress_of(0)->verdict = VERDICT_DEADLOCK;
	report.cells = 3;
	assert_says("glibc deadlock [1] deadlock [2]");
}

static void markdown_says_the_same(void **state)
{
	static const char *const parts[] = {
		"| glibc<br>5.3.0 | **deadlock** \\[1\\]<br>12 of 954 points<br>0 of 400 trials | "
		"**deadlock** \\[2\\]<br>44 of 952 points<br>37 of 400 trials |",
		"| ok \\[4\\]<br>sweep skipped<br>0 of 400 trials, ≤ 0.75 % |",
		"Stress: hit it in 0 of 400 trials: its window is 12 of 954 points wide",
		"4. mimalloc / signal / \\_Fork(): ok.<br>\n   Sweep: skipped: no stepping",
		"| 210-221 | deadlock | free-others | malloc(1500) | \\_int\\_malloc+0x1f | "
		"main\\_arena, held by worker 1 | libc.so.6+0x8701b |",
		"and 10 more windows",
	};
	char *text;
	(void)state;
	report.options.windows = true;
	text = print_as(OUTPUT_MARKDOWN, &(struct print_options){.utf8 = true});
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		assert_holds(text, parts[i]);
	free(text);
	report.options.windows = false;
	text = print_as(OUTPUT_MARKDOWN, &(struct print_options){.utf8 = true});
	assert_lacks(text, "210-221");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SWEEP_TEST(a_cell_shows_both),
		SWEEP_TEST(differences_are_explained),
		SWEEP_TEST(several_windows_are_counted),
		SWEEP_TEST(all_is_never_said_of_less),
		SWEEP_TEST(points_that_waited_are_covered),
		SWEEP_TEST(one_reason_for_no_sweep_is_said_once),
		SWEEP_TEST(sweeps_alone_talk_of_points_only),
		SWEEP_TEST(stress_alone_is_as_it_was),
		SWEEP_TEST(windows_are_listed_on_request),
		SWEEP_TEST(windows_are_listed_quietly),
		SWEEP_TEST(windows_fit_every_width),
		SWEEP_TEST(narrow_tables_hold_both),
		SWEEP_TEST(whose_verdict_it_is_keeps_footnotes_apart),
		SWEEP_TEST(markdown_says_the_same),
	};
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
