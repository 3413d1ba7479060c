/* --format text, at every width, with and without colour and UTF-8. */
#include "report_fixture.h"

#include <locale.h>
#include <wchar.h>

static char *print_text(unsigned width, bool color, bool utf8)
{
	return print_as(
		OUTPUT_TEXT, &(struct print_options){.width = width, .color = color, .utf8 = utf8});
}

/* Takes the colours out of a text, in place. */
static void bleach(char *text)
{
	char *to = text;
	for (char *from = text; *from;) {
		if (*from == '\033') {
			from += strcspn(from, "m") + 1;
			continue;
		}
		*to++ = *from++;
	}
	*to = '\0';
}

/* libc's opinion of the columns of a line, not forklab's. */
static size_t columns_of(const char *line, size_t length)
{
	char copy[8192];
	wchar_t wide[8192];
	int columns;

	assert_true(length < sizeof(copy));
	memcpy(copy, line, length);
	copy[length] = '\0';
	assert_true(mbstowcs(wide, copy, sizeof(wide) / sizeof(wide[0])) != (size_t)-1);
	columns = wcswidth(wide, wcslen(wide));
	assert_true(columns >= 0);
	return (size_t)columns;
}

/* Every colour that is begun is ended, so that the terminal is left as it was. */
static void assert_colours_end(const char *text)
{
	bool on = false;
	for (const char *c = text; (c = strchr(c, '\033')); c++) {
		bool end = strncmp(c, "\033[0m", 4) == 0;
		assert_true(on == end);
		on = !end;
	}
	assert_false(on);
}

static void assert_lines_fit(const char *text, size_t width)
{
	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");
		if (columns_of(line, length) > width)
			fail_msg("wider than %zu: %.*s", width, (int)length, line);
		if (length > 0 && line[length - 1] == ' ')
			fail_msg("ends in a blank: %.*s", (int)length, line);
		line += length + 1;
	}
}

static void text_fits_every_width(void **state)
{
	(void)state;
	for (unsigned width = 40; width <= 200; width++) {
		for (int utf8 = 0; utf8 <= 1; utf8++) {
			char *text = print_text(width, false, utf8);
			assert_lines_fit(text, width);
			free(text);
		}
	}
}

/* The longest names that the model can hold, in cells that need every part of the table. */
static void text_fits_with_the_longest_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < CELLS; i++) {
		memset(cells[i].allocator, 'a' + (char)(i / 4 % 3), MODEL_NAME_MAX - 1);
		memset(cells[i].scenario, 's' + (char)(i % 4), MODEL_NAME_MAX - 1);
		memset(cells[i].finding.output, 'x', SHM_TEXT_MAX - 1);
		memset(cells[i].finding.lock, 'l', MODEL_TEXT_MAX - 1);
		memset(cells[i].skip.text, 'w', MODEL_TEXT_MAX - 1);
	}
	for (unsigned width = 40; width <= 400; width += 9) {
		char *text = print_text(width, false, true);
		assert_lines_fit(text, width);
		free(text);
	}
}

static void text_holds_every_cell_at_every_width(void **state)
{
	static const unsigned widths[] = {0, 40, 60, 80, 100, 120, 300};
	static const char *const parts[] = {"37 of 400", "120 of 400", "skipped", "not run",
		"≤ 0.75 %", "tcmalloc-minimal", "logger-aware"};
	(void)state;
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		char *text = print_text(widths[i], false, true);
		flatten(text);
		for (size_t j = 0; j < sizeof(parts) / sizeof(parts[0]); j++)
			assert_holds(text, parts[j]);
		free(text);
	}
}

static void text_on_wide_paper_is_a_matrix(void **state)
{
	char *text = print_text(0, false, true), *line;
	(void)state;
	line = strstr(text, "allocator ");
	assert_non_null(line);
	line[strcspn(line, "\n")] = '\0';
	for (size_t i = 0; i < 4; i++)
		assert_holds(line, scenarios[i]);
	free(text);
}

static void text_narrows_step_by_step(void **state)
{
	static const struct {
		unsigned width;
		const char *holds, *lacks;
	} steps[] = {
		{0, "0 of 400, ≤ 0.75 %", "scenario  "},
		{103, "0 of 400, ≤ 0.75 %", "scenario  "},
		{102, "deadlock [1]", "0 of 400, ≤"},
		{75, "deadlock [1]", "0 of 400, ≤"},
		{74, "skipped²", "skipped [2]"},
		{70, "deadlock¹", "skipped [2]"},
		{50, "glibc / basic: ok, 0 of 400, ≤ 0.75 %", "scenario  "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		char *text = print_text(steps[i].width, false, true);
		assert_holds(text, steps[i].holds);
		assert_lacks(text, steps[i].lacks);
		free(text);
	}
}

static void many_scenarios_make_a_list(void **state)
{
	char *text;
	(void)state;
	for (size_t i = 0; i < CELLS; i++) {
		fill(cells[i].allocator, sizeof(cells[i].allocator), "glibc");
		(void)snprintf(cells[i].scenario, sizeof(cells[i].scenario), "number-%zu", i % 12);
	}
	text = print_text(80, false, true);
	assert_holds(text, "\nallocator  scenario   verdict       bad         bound     in\n");
	assert_holds(
		text, "\n           number-1   deadlock [1]  37 of 400   ≤ 20 %    malloc(1500)\n");
	free(text);
	text = print_text(60, false, true);
	assert_holds(text, "\nallocator  scenario   verdict       bad         bound\n");
	free(text);
}

static void text_without_colour_has_no_escapes(void **state)
{
	char *text = print_text(80, false, true);
	(void)state;
	assert_null(strchr(text, '\033'));
	free(text);
}

static void colour_changes_nothing_but_colour(void **state)
{
	static const unsigned widths[] = {0, 40, 80, 86, 120};
	(void)state;
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		char *plain = print_text(widths[i], false, true);
		char *colored = print_text(widths[i], true, true);
		assert_colours_end(colored);
		assert_holds(colored, "\033[31m");
		assert_holds(colored, "\033[32m");
		bleach(colored);
		assert_string_equal(colored, plain);
		free(plain);
		free(colored);
	}
}

static void text_without_utf8_is_ascii(void **state)
{
	char *text = print_text(80, false, false);
	(void)state;
	for (const char *c = text; *c; c++)
		assert_true((unsigned char)*c < 0x80);
	assert_holds(text, "<= 0.75 %");
	free(text);
}

static void text_shows_the_evidence(void **state)
{
	static const char *const parts[] = {
		"[1] glibc / signal / fork(): deadlock in 37 of 400 trials (proven), first in",
		"in trial 17 the child in malloc(1500): blocked forever on main_arena ",
		"(word 2), held by worker 2 ",
		"facts at libc.so.6+0x8701b; its lock is at 0x7ffff7df8c60 ",
		"again forklab stress -a glibc -s signal -m fork --seed 1 --trial 17 ",
		"also in signal / _Fork() (120 of 400, trial 17)",
		"no \"logger\", no [31mcry?? ",
		"What this means - glibc's child can hang; see [1] & <b>think</b>. - A note",
	};
	char *text = print_text(0, false, true);

	(void)state;
	flatten(text);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		assert_holds(text, parts[i]);
	assert_lacks(text, "asleep in a futex wait without a timeout");
	free(text);
}

static void a_command_broken_into_lines_can_be_pasted(void **state)
{
	char *text = print_text(60, false, true), *line = strstr(text, "    again   ");
	const char *expected = cells[1].finding.command;
	(void)state;
	assert_non_null(line);
	line += strlen("    again   ");
	while (*expected) {
		if (strncmp(line, "\\\n", 2) == 0) {
			line += 2 + strspn(line + 2, " ");
			continue;
		}
		assert_int_equal(*line++, *expected++);
	}
	assert_int_equal(*line, '\n');
	free(text);
}

static void the_reasons_belong_to_a_single_cell(void **state)
{
	char *text;
	(void)state;
	report.cell = &cells[1];
	report.cells = 1;
	text = print_text(100, false, true);
	assert_holds(text, "because the process has one thread, asleep in a futex wait");
	assert_holds(text, "and     the word is a process-private futex");
	free(text);
}

static void trust_is_told_before_the_tables(void **state)
{
	char *text = print_text(0, false, true);
	(void)state;
	assert_holds(text, "controls: 2 of 2 known answers found (1 ok, 1 deadlock)");
	assert_lacks(text, "WARNING");
	assert_lacks(text, "PARTIAL");
	free(text);
	controls[0].passed = false;
	report.controls_passed = false;
	report.partial = true;
	text = print_text(200, false, true);
	assert_holds(text, "controls: 1 of 2");
	assert_lacks(text, "teach-none / basic");
	assert_holds(text,
		"\nWARNING: detection power was insufficient: teach-none under _Fork was not found "
		"deadlock in 100 trials. Do not trust the zeros");
	assert_holds(text, "\nPARTIAL: interrupted after 43.8 s.");
	assert_true(strstr(text, "WARNING") < strstr(text, "\nfork():"));
	free(text);
	controls[1].passed = false;
	text = print_text(0, false, true);
	flatten(text);
	assert_holds(
		text, "teach-lockall under fork is known to be good, but was found ok: no child");
	assert_holds(text, "Do not trust the blame below.");
	free(text);
	report.controls_ran = false;
	text = print_text(0, false, true);
	assert_holds(text, "controls: none were run");
	assert_lacks(text, "WARNING");
	free(text);
}

static void a_quiet_text_is_tables_and_warnings(void **state)
{
	char *text;
	(void)state;
	controls[0].passed = false;
	text = print_as(
		OUTPUT_TEXT, &(struct print_options){.width = 0, .utf8 = true, .quiet = true});
	assert_holds(text, "WARNING");
	assert_holds(text, "37 of 400");
	assert_lacks(text, "[1]");
	assert_lacks(text, "What this means");
	assert_lacks(text, "controls:");
	free(text);
}

static void an_empty_report_says_so(void **state)
{
	char *text;
	(void)state;
	report.cells = 0;
	text = print_text(80, false, true);
	assert_holds(text, "\nNothing was measured.\n");
	assert_lacks(text, "How to read");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		REPORT_TEST(text_fits_every_width),
		REPORT_TEST(text_fits_with_the_longest_names),
		REPORT_TEST(text_holds_every_cell_at_every_width),
		REPORT_TEST(text_on_wide_paper_is_a_matrix),
		REPORT_TEST(text_narrows_step_by_step),
		REPORT_TEST(many_scenarios_make_a_list),
		REPORT_TEST(text_without_colour_has_no_escapes),
		REPORT_TEST(colour_changes_nothing_but_colour),
		REPORT_TEST(text_without_utf8_is_ascii),
		REPORT_TEST(text_shows_the_evidence),
		REPORT_TEST(a_command_broken_into_lines_can_be_pasted),
		REPORT_TEST(the_reasons_belong_to_a_single_cell),
		REPORT_TEST(trust_is_told_before_the_tables),
		REPORT_TEST(a_quiet_text_is_tables_and_warnings),
		REPORT_TEST(an_empty_report_says_so),
	};
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
