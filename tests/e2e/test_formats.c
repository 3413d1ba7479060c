/*
 * Every printed format, read back from a real run: the same cells in each, nothing that breaks a
 * table, and colour and the terminal's width only where there is a terminal.
 */
#include "e2e.h"

#include <fcntl.h>
#include <locale.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

enum {
	ALLOCATORS = 3,
	SCENARIOS = 2,
	METHODS = 2,
	CELLS = ALLOCATORS * SCENARIOS * METHODS,
	TRIALS = 4
};

#define RUN                                                                                        \
	"stress", "-a", "teach-lockall,teach-none,glibc", "-s", "basic,logger-aware", "-m",        \
		"fork,_Fork", "--trials", "4"

static const char *const allocators[ALLOCATORS] = {"teach-lockall", "teach-none", "glibc"};

/* ---- JSON ---- */

static void check_counts(const json_t *cell)
{
	json_int_t sum = 0, bad = 0;
	assert_int_equal(json_object_size(json_object_get(cell, "counts")), E2E_VERDICTS);
	for (size_t v = 0; v < E2E_VERDICTS; v++) {
		json_int_t count = e2e_count(cell, e2e_verdict[v]);
		assert_true(count >= 0);
		sum += count;
		if (!e2e_is_one_of(e2e_verdict[v], "ok skipped broken"))
			bad += count;
	}
	assert_int_equal(sum, e2e_number(cell, "trials") + e2e_count(cell, "broken"));
	assert_int_equal(bad, e2e_number(cell, "bad"));
	assert_int_equal(sum, TRIALS);
	assert_int_equal(e2e_number(cell, "planned"), TRIALS);
	assert_true(e2e_number(cell, "proven") <= bad);
}

static double real(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	assert_true(json_is_number(value));
	return json_number_value(value);
}

static void check_json_cell(const json_t *cell)
{
	bool ok = strcmp(e2e_text(cell, "verdict"), "ok") == 0;
	double rate = real(cell, "bad_rate"), upper = real(cell, "upper95");
	check_counts(cell);
	assert_string_equal(e2e_text(cell, "mode"), "stress");
	assert_true(*e2e_text(cell, "version") && *e2e_text(cell, "link"));
	assert_null(json_object_get(cell, "points")); /* of a sweep only */
	assert_true(0 <= rate && rate <= upper && upper <= 1);
	assert_true(real(cell, "seconds") > 0);
	assert_int_equal(ok, json_is_null(json_object_get(cell, "finding")));
	assert_int_equal(ok, e2e_number(cell, "bad") == 0);
	/* 0 bad of 4, one-sided Clopper-Pearson: 1 - 0.05^(1/4) = 0.5271. */
	if (ok)
		assert_true(upper > 0.5270 && upper < 0.5272);
}

static void check_json_head(const json_t *report)
{
	const json_t *host = json_object_get(report, "host"),
		     *options = json_object_get(report, "options");
	assert_true(
		*e2e_text(host, "kernel") && *e2e_text(host, "machine") && *e2e_text(host, "libc"));
	assert_true(e2e_number(host, "cpus") > 0);
	assert_string_equal(e2e_text(options, "command"), "stress");
	assert_int_equal(e2e_number(options, "trials"), TRIALS);
	assert_int_equal(e2e_number(options, "workers"), 4);
	assert_string_equal(e2e_text(options, "seed"), "1");
	assert_false(e2e_bool(report, "partial"));
	assert_true(json_array_size(json_object_get(report, "controls")) > 0);
	assert_true(json_array_size(json_object_get(report, "notes")) > 0);
}

static void json_has_every_cell(void **state)
{
	(void)state;
	struct e2e_result result;
	size_t i;
	json_t *cell;
	e2e_controls(true);
	e2e_run(&result, E2E_ARGS(RUN, "--format", "json"));
	e2e_controls(false);
	json_t *report = e2e_json(&result);
	check_json_head(report);
	e2e_check_controls(report, result.status);
	assert_int_equal(json_array_size(json_object_get(report, "results")), CELLS);
	json_array_foreach(json_object_get(report, "results"), i, cell) check_json_cell(cell);
	for (size_t a = 0; a < ALLOCATORS; a++) {
		e2e_cell(report, allocators[a], "basic", "fork");
		e2e_cell(report, allocators[a], "logger-aware", "_Fork");
	}
	json_decref(report);
	e2e_free(&result);
}

/* ---- CSV: RFC 4180 ---- */

enum { COLUMNS_MAX = 64, FIELD_MAX = 1024 };

struct row {
	size_t columns;
	char column[COLUMNS_MAX][FIELD_MAX];
};

/* One field; moves *at behind it. */
static void read_field(const char **at, char *field)
{
	bool quoted = **at == '"';
	size_t length = 0;
	*at += quoted;
	for (; **at; (*at)++) {
		if (quoted && **at == '"' && *++*at != '"')
			break;
		if (!quoted && (**at == ',' || **at == '\r'))
			break;
		assert_true(length + 1 < FIELD_MAX);
		assert_true(quoted || **at != '"');
		field[length++] = **at;
	}
	field[length] = '\0';
}

/* One line; moves *at behind its end. */
static void read_row(const char **at, struct row *row)
{
	row->columns = 0;
	for (;;) {
		assert_true(row->columns < COLUMNS_MAX);
		read_field(at, row->column[row->columns++]);
		if (**at != ',')
			break;
		++*at;
	}
	assert_int_equal(strncmp(*at, "\r\n", 2), 0);
	*at += 2;
}

static const char *column(const struct row *header, const struct row *row, const char *name)
{
	for (size_t i = 0; i < header->columns; i++)
		if (strcmp(header->column[i], name) == 0)
			return row->column[i];
	e2e_fail("there is no column %s", name);
}

static void check_row(const struct row *header, const struct row *row)
{
	long sum = 0;
	assert_int_equal(row->columns, header->columns);
	for (size_t v = 0; v < E2E_VERDICTS; v++)
		sum += strtol(column(header, row, e2e_verdict[v]), NULL, 10);
	assert_int_equal(sum, TRIALS);
	assert_string_equal(column(header, row, "trials"), "4");
	bool ok = strcmp(column(header, row, "verdict"), "ok") == 0;
	assert_int_equal(ok, *column(header, row, "finding") == '\0');
	assert_int_equal(ok, strcmp(column(header, row, "bad"), "0") == 0);
}

static void csv_has_a_line_for_every_cell(void **state)
{
	(void)state;
	static const char *const first[] = {
		"allocator", "version", "link", "scenario", "method", "mode", "verdict"};
	static struct row header, row;
	struct e2e_result result;
	size_t rows = 0;
	e2e_run(&result, E2E_ARGS(RUN, "--format", "csv"));
	const char *at = result.out;
	read_row(&at, &header);
	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		assert_string_equal(header.column[i], first[i]);
	for (; *at; rows++) {
		read_row(&at, &row);
		check_row(&header, &row);
	}
	assert_int_equal(rows, CELLS);
	e2e_free(&result);
}

/* ---- Markdown ---- */

/* The bars that stand for a border: not those that are escaped. */
static size_t bars(const char *line, size_t length)
{
	size_t count = 0;
	for (size_t i = 0; i < length; i++)
		count += line[i] == '|' && (i == 0 || line[i - 1] != '\\');
	return count;
}

static void markdown_tables_are_whole(void **state)
{
	(void)state;
	struct e2e_result result;
	size_t tables = 0, rows = 0;
	e2e_controls(true);
	e2e_run(&result, E2E_ARGS(RUN, "--format", "markdown"));
	e2e_controls(false);
	for (const char *line = result.out; *line;) {
		size_t length = strcspn(line, "\n");
		if (*line == '|') {
			assert_int_equal(bars(line, length), SCENARIOS + 2);
			assert_int_equal(line[length - 1], '|');
			rows++;
		}
		tables += strncmp(line, "| ---", 5) == 0;
		line += length + (line[length] == '\n');
	}
	assert_int_equal(tables, METHODS);
	assert_int_equal(rows, METHODS * (2 + ALLOCATORS));
	assert_null(strchr(result.out, '\033'));
	e2e_free(&result);
}

static size_t occurrences(const char *text, const char *words)
{
	size_t count = 0;
	for (const char *at = text; (at = strstr(at, words)); at += strlen(words))
		count++;
	return count;
}

/* Every child hangs, whatever the moment of the fork: one finding, to which all cells refer. */
static void markdown_tells_findings(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_env("FORKLAB_FAULT", "hang");
	e2e_run(&result, E2E_ARGS("stress", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a",
				 "fault", "-s", "basic,logger-aware", "-m", "fork,_Fork",
				 "--trials", "2", "--format", "markdown"));
	assert_int_equal(
		occurrences(result.out, "**deadlock** \\[1\\]<br>2 of 2"), SCENARIOS * METHODS);
	assert_int_equal(occurrences(result.out, "\n   Again: `forklab stress"), 1);
	assert_int_equal(occurrences(result.out, "\n   Also in: "), 1);
	e2e_free(&result);
}

/* ---- Text, on a terminal and elsewhere ---- */

struct screen {
	char text[256 * 1024];
	size_t size;
};

static void read_all(int terminal, struct screen *screen)
{
	ssize_t got;
	screen->size = 0;
	while (screen->size + 1 < sizeof(screen->text) &&
		(got = read(terminal, screen->text + screen->size,
			 sizeof(screen->text) - 1 - screen->size)) > 0)
		screen->size += (size_t)got;
	screen->text[screen->size] = '\0';
}

/* forklab in a terminal of that width; its standard error goes nowhere, or to the terminal as well.
 */
static void run_in_terminal(struct screen *screen, unsigned short width, bool errors,
	const char *color, const char *fault)
{
	struct winsize size = {.ws_col = width, .ws_row = 25};
	int terminal, status;
	e2e_env("FORKLAB_FAULT", fault);
	fflush(NULL);
	pid_t pid = forkpty(&terminal, NULL, NULL, &size);
	assert_true(pid >= 0);
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);
		if (!errors && dup2(null, STDERR_FILENO) < 0)
			_exit(127);
		execl(e2e_directory("FORKLAB"), "forklab", "stress", "--runners",
			e2e_directory("FORKLAB_FAULTS"), "-a", "fault", "-s",
			"basic,signal,pool,logger-aware", "-m", "fork", "--trials", "4", "--color",
			color, NULL);
		_exit(127);
	}
	read_all(terminal, screen);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(terminal);
}

/* Takes out the sequences that change colours, which have no width; all others are an error. */
static void remove_colours(char *text)
{
	char *to = text;
	for (const char *from = text; *from;) {
		if (*from != '\033') {
			*to++ = *from++;
			continue;
		}
		size_t length = 2 + strspn(from + 2, "0123456789;");
		assert_true(from[1] == '[' && from[length] == 'm');
		from += length + 1;
	}
	*to = '\0';
}

static size_t widest_line(char *text)
{
	size_t widest = 0;
	for (char *save, *line = strtok_r(text, "\r\n", &save); line;
		line = strtok_r(NULL, "\r\n", &save)) {
		wchar_t wide[4096];
		size_t length = mbstowcs(wide, line, sizeof(wide) / sizeof(wide[0]));
		assert_true(length < sizeof(wide) / sizeof(wide[0]));
		int width = wcswidth(wide, length);
		if (width < 0)
			e2e_fail("a control character in '%s'", line);
		widest = (size_t)width > widest ? (size_t)width : widest;
	}
	return widest;
}

static void text_fits_the_terminal(void **state)
{
	(void)state;
	static const unsigned short widths[] = {60, 80, 132};
	static struct screen screen;
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		run_in_terminal(&screen, widths[i], false, "auto", "hang");
		assert_non_null(strstr(screen.text, "logger-aware"));
		assert_non_null(strchr(screen.text, '\033'));
		remove_colours(screen.text);
		size_t width = widest_line(screen.text);
		if (width > widths[i])
			e2e_fail("a line of %zu columns on a terminal of %u", width, widths[i]);
		assert_true(width > 40);
	}
}

/* A runner's own words must not get at the terminal. */
static void text_is_clean(void **state)
{
	(void)state;
	static struct screen screen;
	run_in_terminal(&screen, 80, false, "auto", "exit-message");
	assert_non_null(strstr(screen.text, "refused"));
	assert_null(strchr(screen.text, '\a'));
	remove_colours(screen.text);
	assert_true(widest_line(screen.text) <= 80);
}

static void colour_where_it_is_wanted(void **state)
{
	(void)state;
	static struct screen screen;
	run_in_terminal(&screen, 80, false, "never", "hang");
	assert_null(strchr(screen.text, '\033'));
	e2e_env("NO_COLOR", "1");
	run_in_terminal(&screen, 80, false, "auto", "hang");
	assert_null(strchr(screen.text, '\033'));
	run_in_terminal(&screen, 80, false, "always", "hang");
	assert_non_null(strchr(screen.text, '\033'));
	e2e_env("NO_COLOR", "");
	run_in_terminal(&screen, 80, false, "auto", "hang");
	assert_non_null(strchr(screen.text, '\033'));
	e2e_env("NO_COLOR", NULL);
	e2e_env("TERM", "dumb");
	run_in_terminal(&screen, 80, false, "auto", "hang");
	assert_null(strchr(screen.text, '\033'));
	e2e_env("TERM", "xterm");
}

static void progress_is_shown_and_wiped_away(void **state)
{
	(void)state;
	static struct screen screen;
	run_in_terminal(&screen, 80, true, "never", "nap");
	const char *last = NULL;
	for (const char *at = screen.text; (at = strstr(at, "\r\033[K")); at += 4)
		last = at;
	assert_non_null(strstr(screen.text, "trials"));
	/* The line is cleared before the result begins. */
	if (!last)
		e2e_fail("the line was never wiped away");
	assert_int_equal(strncmp(last + 4, "forklab ", 8), 0);
}

/* Not a single escape sequence, neither in the result nor for the progress line. */
static void a_dumb_terminal_gets_no_escape_sequence(void **state)
{
	(void)state;
	static const char *const dumb[] = {"dumb", "", NULL};
	static struct screen screen;
	for (size_t i = 0; i < sizeof(dumb) / sizeof(dumb[0]); i++) {
		e2e_env("TERM", dumb[i]);
		run_in_terminal(&screen, 80, true, "auto", "nap");
		e2e_env("TERM", "xterm");
		assert_null(strchr(screen.text, '\033'));
		assert_non_null(strstr(screen.text, "logger-aware"));
	}
}

static void plain_text_in_a_file(void **state)
{
	(void)state;
	static const char *const locales[] = {"C", "C.UTF-8"};
	for (size_t i = 0; i < 2; i++) {
		struct e2e_result result;
		bool ascii = true;
		e2e_env("LC_ALL", locales[i]);
		e2e_controls(i == 0);
		e2e_run(&result, E2E_ARGS(RUN));
		for (size_t c = 0; c < result.out_size; c++)
			ascii &= (unsigned char)result.out[c] < 0x80;
		assert_int_equal(ascii, i == 0);
		assert_null(strchr(result.out, '\033'));
		assert_string_equal(result.err, "");
		for (size_t a = 0; a < ALLOCATORS; a++)
			assert_non_null(strstr(result.out, allocators[a]));
		e2e_free(&result);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_has_every_cell),
		cmocka_unit_test(csv_has_a_line_for_every_cell),
		cmocka_unit_test(markdown_tables_are_whole),
		cmocka_unit_test(markdown_tells_findings),
		cmocka_unit_test(text_fits_the_terminal),
		cmocka_unit_test(text_is_clean),
		cmocka_unit_test(colour_where_it_is_wanted),
		cmocka_unit_test(progress_is_shown_and_wiped_away),
		cmocka_unit_test(a_dumb_terminal_gets_no_escape_sequence),
		cmocka_unit_test(plain_text_in_a_file),
	};
	/* Of the children too, unless a test says otherwise. */
	e2e_env("LC_ALL", "C.UTF-8");
	e2e_env("TERM", "xterm");
	e2e_env("NO_COLOR", NULL);
	assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
