/* The progress line on standard error, as a terminal receives it. */
#include "progress.h"
#include "sweep_report_fixture.h"

#include <pty.h>
#include <unistd.h>

/* What the terminal of so many columns shows of the cell; "" when nothing is wanted. */
static const char *shown_with(const struct cell *cell, unsigned short columns,
	const struct options *options, const struct progress_place *place)
{
	static char text[512];
	struct winsize size = {.ws_row = 24, .ws_col = columns};
	struct progress progress;
	int master, slave, standard = dup(STDERR_FILENO);
	size_t used = 0;
	assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
	assert_true(dup2(slave, STDERR_FILENO) >= 0);
	progress_begin(&progress, options);
	progress.hooks.next(&progress, place);
	progress.hooks.show(cell, &progress);
	progress.hooks.show(cell, &progress); /* too soon: not shown */
	(void)fputc('.', stderr);
	(void)fflush(stderr);
	assert_true(dup2(standard, STDERR_FILENO) >= 0);
	(void)close(standard);
	/* It comes in pieces. */
	while (used == 0 || text[used - 1] != '.') {
		ssize_t length = read(master, text + used, sizeof(text) - 1 - used);
		assert_true(length > 0);
		used += (size_t)length;
	}
	(void)close(slave);
	(void)close(master);
	text[used] = '\0';
	return text;
}

static const struct progress_place third = {PROGRESS_CELL, .index = 3, .total = 16};

static const char *shown(const struct cell *cell, unsigned short columns, bool wanted)
{
	return shown_with(cell, columns, &(struct options){.quiet = !wanted}, &third);
}

/* The rows of the table are what the reader waits for; of the budget nothing is gone yet. */
static void a_run_shows_rows_done_and_seconds_left(void **state)
{
	(void)state;
	struct progress_place place = third;
	place.rows = 8;
	place.rows_done = 1;
	assert_string_equal(
		shown_with(stress_of(1), 120, &(struct options){.budget_s = 135}, &place),
		"\r\033[Kcell 3/16, 1/8 rows done, at most 135 s left  glibc signal "
		"_Fork  400 trials, 37 bad.");
}

/* When more than the budget is used, what is left is not known. */
static void an_exceeded_budget_shows_the_time_that_has_passed(void **state)
{
	(void)state;
	assert_string_equal(
		shown_with(stress_of(1), 120, &(struct options){.budget_s = 1e-9}, &third),
		"\r\033[Kcell 3/16, 0 s  glibc signal _Fork  400 trials, 37 bad.");
}

static void a_sweep_shows_points(void **state)
{
	(void)state;
	assert_string_equal(shown(sweep_of(1), 120, true),
		"\r\033[Kcell 3/16, 0 s  glibc signal _Fork  952 points, 44 bad.");
}

static void stress_shows_trials(void **state)
{
	(void)state;
	assert_string_equal(shown(stress_of(1), 120, true),
		"\r\033[Kcell 3/16, 0 s  glibc signal _Fork  400 trials, 37 bad.");
}

static void the_line_is_no_wider_than_the_terminal(void **state)
{
	(void)state;
	assert_string_equal(shown(sweep_of(1), 30, true), "\r\033[Kcell 3/16, 0 s  glibc signal .");
}

static void nothing_is_shown_unless_wanted(void **state)
{
	(void)state;
	assert_string_equal(shown(sweep_of(1), 120, false), ".");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SWEEP_TEST(a_run_shows_rows_done_and_seconds_left),
		SWEEP_TEST(an_exceeded_budget_shows_the_time_that_has_passed),
		SWEEP_TEST(a_sweep_shows_points),
		SWEEP_TEST(stress_shows_trials),
		SWEEP_TEST(the_line_is_no_wider_than_the_terminal),
		SWEEP_TEST(nothing_is_shown_unless_wanted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
