/* The progress line on standard error, as a terminal receives it. */
#include "progress.h"
#include "sweep_report_fixture.h"

#include <pty.h>
#include <unistd.h>

/* What the terminal of so many columns shows of the cell; "" when nothing is wanted. */
static const char *shown(const struct cell *cell, unsigned short columns, bool wanted)
{
	static char text[512];
	struct winsize size = {.ws_row = 24, .ws_col = columns};
	struct progress progress;
	int master, slave, standard = dup(STDERR_FILENO);
	size_t used = 0;
	assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
	assert_true(dup2(slave, STDERR_FILENO) >= 0);
	progress_begin(&progress, &(struct options){.quiet = !wanted});
	progress.hooks.next(&progress, PROGRESS_CELL, 3, 16, NULL);
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

static void a_sweep_shows_points_and_instructions(void **state)
{
	(void)state;
	assert_string_equal(shown(sweep_of(1), 120, true),
		"\r\033[Kcell 3/16  glibc signal _Fork  952 points, 25431 instructions, 44 bad  0 "
		"s.");
}

static void stress_shows_trials(void **state)
{
	(void)state;
	assert_string_equal(shown(stress_of(1), 120, true),
		"\r\033[Kcell 3/16  glibc signal _Fork  400 trials, 37 bad  0 s.");
}

static void the_line_is_no_wider_than_the_terminal(void **state)
{
	(void)state;
	assert_string_equal(shown(sweep_of(1), 30, true), "\r\033[Kcell 3/16  glibc signal _Fork.");
}

static void nothing_is_shown_unless_wanted(void **state)
{
	(void)state;
	assert_string_equal(shown(sweep_of(1), 120, false), ".");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SWEEP_TEST(a_sweep_shows_points_and_instructions),
		SWEEP_TEST(stress_shows_trials),
		SWEEP_TEST(the_line_is_no_wider_than_the_terminal),
		SWEEP_TEST(nothing_is_shown_unless_wanted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
