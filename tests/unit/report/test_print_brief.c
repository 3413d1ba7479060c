/* The default text of forklab run: one answer for each allocator, one screen. */
#include "answers.h"
#include "sweep_report_fixture.h"
#include "verdict_words.h"

#include <locale.h>

enum { LINES_MAX = 60, COLUMNS_MAX = 100 };

static const struct print_options brief = {.brief = true};

static void assert_fits(const char *text, size_t columns)
{
	size_t lines = 0;
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1, lines++)
		if (strcspn(line, "\n") > columns)
			fail_msg("more than %zu columns: %.*s", columns, (int)strcspn(line, "\n"),
				line);
	assert_in_range(lines, 1, LINES_MAX);
}

/* The same cells under fork(), without anything bad, before those under _Fork(). */
static struct cell both[2 * SWEEP_CELLS];

static void add_clean_forks(void)
{
	for (size_t i = 0; i < SWEEP_CELLS; i++) {
		make_cell(&both[i], i);
		memcpy(both[i].allocator, cells[i].allocator, sizeof(both[i].allocator));
		memcpy(both[i].scenario, cells[i].scenario, sizeof(both[i].scenario));
		both[i].method = METHOD_FORK;
		if (i % 2)
			make_sweep(&both[i]);
		both[SWEEP_CELLS + i] = cells[i];
	}
	report.cell = both;
	report.cells = 2 * SWEEP_CELLS;
}

static void an_allocator_that_fails_after_fork_comes_first(void **state)
{
	(void)state;
	struct answers answers;
	char text[256];
	for (size_t i = 0; i < SWEEP_CELLS; i++)
		cells[i].method = METHOD_FORK;
	assert_int_equal(results_build(&report), 0);
	assert_int_equal(answers_collect(&answers, &report), 0);
	assert_int_equal(answers.method, METHOD_FORK);
	assert_int_equal(answers.count, 4);
	assert_int_equal(answers.answer[0].kind, ANSWER_BAD);
	assert_int_equal(answers.answer[1].kind, ANSWER_PARTLY);
	assert_int_equal(answers.answer[2].kind, ANSWER_CLEAN);
	assert_string_equal(answers.answer[0].subject, "glibc");
	assert_string_equal(answers.answer[1].subject, "jemalloc");
	answer_text(text, sizeof(text), &answers.answer[0]);
	assert_string_equal(text, "no: the child can hang forever (signal and 1 more)");
	answer_text(text, sizeof(text), &answers.answer[2]);
	assert_string_equal(text, "yes so far: nothing bad, but not everything was tried");
	answers_free(&answers);
	results_free(&report);
}

static void handlers_are_given_their_due(void **state)
{
	(void)state;
	add_clean_forks();
	char *text = print_as(OUTPUT_TEXT, &brief);
	assert_holds(text,
		"glibc     yes, by its handlers: after _Fork() the child can hang forever "
		"(signal)");
	assert_holds(text, "after fork() / after _Fork()");
	assert_holds(text, "ok/hang");
	assert_fits(text, COLUMNS_MAX);
	free(text);
}

/* One of two scenarios is bad: that one is named, and what the other owes to its handlers. */
static void what_is_bad_in_one_scenario_only_is_told_so(void **state)
{
	(void)state;
	static const char *const names[] = {"pool", "signal"};
	struct cell four[4];
	for (size_t i = 0; i < 4; i++) {
		make_cell(&four[i], 0);
		make_sweep(&four[i]);
		(void)snprintf(four[i].scenario, sizeof(four[i].scenario), "%s", names[i % 2]);
		four[i].method = i < 2 ? METHOD_FORK : METHOD__FORK;
		if (i > 0)
			make_windows(&four[i], 5, NULL, 0, 0);
	}
	report.cell = four;
	report.cells = 4;
	char *text = print_as(OUTPUT_TEXT, &brief);
	assert_holds(text, "in signal no: the child can hang forever; 1 other ok, by its handlers");
	free(text);
}

static void it_fits_a_narrow_terminal(void **state)
{
	(void)state;
	add_clean_forks();
	for (unsigned width = 60; width <= 100; width += 20) {
		char *text = print_as(
			OUTPUT_TEXT, &(struct print_options){.brief = true, .width = width});
		/* A command can be longer; it is broken so that it can be copied. */
		assert_fits(text, width);
		free(text);
	}
}

static void what_is_not_the_allocators_is_no_blame(void **state)
{
	(void)state;
	for (size_t i = 0; i < SWEEP_CELLS; i++)
		if (cells[i].has_finding && cells[i].verdict == VERDICT_DEADLOCK)
			make_foreign(&cells[i], LOCK_ORIGIN_APPLICATION);
	char *text = print_as(OUTPUT_TEXT, &brief);
	assert_holds(text, "glibc     yes: what hangs is not the allocator's fault");
	assert_holds(text, "forklab explain -a glibc");
	assert_holds(text, "app");
	assert_lacks(text, "hang forever");
	free(text);
}

static void only_words_that_occur_are_explained(void **state)
{
	(void)state;
	keep_mode(false);
	for (size_t i = 0; i < SWEEP_RESULTS; i++)
		make_cell(&cells[i], i);
	char *text = print_as(OUTPUT_TEXT, &brief);
	assert_lacks(text, "hang");
	assert_lacks(text, "What was found");
	free(text);
}

static void warnings_come_before_the_answers(void **state)
{
	(void)state;
	controls[0].passed = report.controls_passed = false;
	report.partial = true;
	char *text = print_as(OUTPUT_TEXT, &brief);
	const char *answers = strstr(text, "Can the child");
	assert_non_null(answers);
	assert_true(strstr(text, "WARNING") && strstr(text, "WARNING") < answers);
	assert_true(strstr(text, "PARTIAL") && strstr(text, "PARTIAL") < answers);
	free(text);
}

static void reused_sweeps_are_told(void **state)
{
	(void)state;
	sweep_of(0)->reused = sweep_of(1)->reused = 1795780800; /* 2026-11-27, noon, UTC */
	char *text = print_as(OUTPUT_TEXT, &brief);
	assert_holds(text, "2 of 8 sweeps reused from 2026-11-27, same binaries; --fresh measures "
			   "again.");
	free(text);
}

/* At most five findings, then how many there are besides. */
static void findings_are_few(void **state)
{
	(void)state;
	static const char letters[] = "abcdefgh";
	size_t lines = 0;
	keep_mode(true);
	for (size_t i = 0; i < SWEEP_RESULTS; i++) {
		(void)snprintf(cells[i].allocator, sizeof(cells[i].allocator), "%c", letters[i]);
		make_sweep(&cells[i]);
		make_windows(&cells[i], 5, NULL, 0, 0);
	}
	char *text = print_as(OUTPUT_TEXT, &brief);
	for (const char *at = text; (at = strstr(at, "forklab explain -a ")); at++)
		lines++;
	assert_int_equal(lines, 5);
	assert_holds(text, "and 3 more: --details");
	free(text);
}

static void every_verdict_has_a_word(void **state)
{
	(void)state;
	keep_mode(true);
	for (int v = 0; v < VERDICT_COUNT; v++) {
		struct cell *cell = &cells[0];
		struct result result = {.sweep = cell};
		make_sweep(cell);
		memset(cell->count, 0, sizeof(cell->count));
		cell->count[v] = cell->trials;
		cell->verdict = (enum verdict)v;
		enum verdict_word word = verdict_word(&result);
		assert_int_equal(v == VERDICT_OK, word == WORD_OK);
		assert_non_null(verdict_word_text(word, true));
		assert_int_equal(verdict_is_bad((enum verdict)v),
			verdict_word_tone(word) == TONE_BAD || word == WORD_REFUSED ||
				word == WORD_STUCK);
	}
	assert_int_equal(verdict_word(NULL), WORD_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SWEEP_TEST(an_allocator_that_fails_after_fork_comes_first),
		SWEEP_TEST(handlers_are_given_their_due),
		SWEEP_TEST(what_is_bad_in_one_scenario_only_is_told_so),
		SWEEP_TEST(it_fits_a_narrow_terminal),
		SWEEP_TEST(what_is_not_the_allocators_is_no_blame),
		SWEEP_TEST(only_words_that_occur_are_explained),
		SWEEP_TEST(warnings_come_before_the_answers),
		SWEEP_TEST(reused_sweeps_are_told),
		SWEEP_TEST(findings_are_few),
		SWEEP_TEST(every_verdict_has_a_word),
	};
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
