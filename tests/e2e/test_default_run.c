/*
 * The text that forklab prints without options: one screen, with a row for each allocator that one
 * chooses from. The budget is small, so the results are partial; the form is the same.
 */
#include "e2e.h"

#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 60, COLUMNS_MAX = 100 };

/* In the order of their rows by no means; and some that only an option adds. */
static const char *const rows[] = {"glibc", "jemalloc", "mimalloc", "tcmalloc", "tcmalloc-minimal",
	"musl", "scudo", "tbbmalloc"};
static const char *const others[] = {
	"asan", "valgrind-memcheck", "scudo-19", "glibc-static", "teach-none", "electric-fence"};

static size_t columns_of(const char *line, size_t bytes)
{
	size_t columns = 0;
	for (size_t i = 0; i < bytes; i++)
		columns += ((unsigned char)line[i] & 0xc0) != 0x80;
	return columns;
}

/* Lines that begin with the name and a blank: one in the answers, one in the matrix. */
static unsigned rows_of(const char *text, const char *name)
{
	unsigned count = 0;
	size_t length = strlen(name);
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		count += strncmp(line, name, length) == 0 && line[length] == ' ';
	return count;
}

static void check_form(const char *text)
{
	size_t lines = 0;
	for (const char *line = text; *line; lines++) {
		size_t bytes = strcspn(line, "\n");
		if (columns_of(line, bytes) > COLUMNS_MAX)
			e2e_fail("more than %d columns: %.*s", COLUMNS_MAX, (int)bytes, line);
		for (const char *next = line + bytes + 1; bytes > 0 && *next;
			next += strcspn(next, "\n") + 1)
			if (strncmp(line, next, bytes + 1) == 0)
				e2e_fail("twice: %.*s", (int)bytes, line);
		line += bytes + (line[bytes] != '\0');
	}
	if (lines > LINES_MAX)
		e2e_fail("%zu lines:\n%s", lines, text);
}

static void it_is_one_screen(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("run", "--budget", "12", "--no-store"));
	assert_int_equal(result.status, 0);
	check_form(result.out);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(rows_of(result.out, rows[i]), e2e_has_runner(rows[i]) ? 2 : 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(rows_of(result.out, others[i]), 0);
	e2e_free(&result);
}

/* Two cells, whole: nothing is said of an open question. */
static void what_is_whole_is_not_in_part(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("run", "-a", "glibc,musl", "-s", "concurrent", "--budget", "600",
				 "--trials", "3", "--no-store"));
	assert_int_equal(result.status, 0);
	check_form(result.out);
	assert_null(strstr(result.out, "(ok)"));
	assert_null(strstr(result.out, "so far"));
	assert_null(strstr(result.out, "in part"));
	assert_non_null(strstr(result.out, "by its handlers"));
	assert_non_null(strstr(result.out, "forklab explain -a "));
	e2e_free(&result);
}

static void details_has_the_tables(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("run", "-a", "glibc", "-s", "concurrent", "--budget", "600",
				 "--trials", "3", "--no-store", "--details"));
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "of 3 trials"));
	assert_non_null(strstr(result.out, "points"));
	e2e_free(&result);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_one_screen),
		cmocka_unit_test(what_is_whole_is_not_in_part),
		cmocka_unit_test(details_has_the_tables),
	};
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
