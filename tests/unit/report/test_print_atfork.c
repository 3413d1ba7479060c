/* The atfork handlers in the comparison table, in each format. */
#include "report_fixture.h"

#include <jansson.h>
#include <locale.h>

static const char *const briefs[] = {"libc", "locks 87", "?"};
static const char *const sentences[] = {"libc-internal: fork() itself locks 5 words, that of its "
					"malloc among them, releases them in the "
					"child",
	"locks 87 words, releases them in the child", "not known: no right to trace"};
static const struct audit_summary summaries[] = {
	{.kind = AUDIT_LIBC, .locks = 5, .released = 5},
	{.kind = AUDIT_RELEASES, .locks = 87, .released = 87},
	{.kind = AUDIT_UNKNOWN, .why = "no right to trace"},
};

static int make_audited(void **state)
{
	int status = make_report(state);
	for (size_t i = 0; i < CELLS; i++) {
		cells[i].audited = true;
		cells[i].atfork = summaries[i / 4 % 3];
	}
	return status;
}

static size_t times(const char *text, const char *word)
{
	size_t count = 0;
	while ((text = strstr(text, word))) {
		count++;
		text += strlen(word);
	}
	return count;
}

static char *print_with(enum output_format format, unsigned width)
{
	return print_as(format, &(struct print_options){.width = width});
}

/* In the table of fork(), where handlers run; in that of _Fork() none does. */
static void the_table_of_fork_has_a_column(void **state)
{
	char *text = print_with(OUTPUT_TEXT, 300);
	const char *second = strstr(text, "_Fork():");
	(void)state;
	assert_non_null(second);
	assert_int_equal(times(text, "  atfork  "), 1);
	assert_null(strstr(second, "  atfork  "));
	assert_int_equal(times(text, "  locks 87  "), 1);
	free(text);
}

static void the_sentences_stand_below_once(void **state)
{
	static const unsigned widths[] = {40, 80, 300};
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char *text = print_with(OUTPUT_TEXT, widths[i]);
		assert_int_equal(times(text, "atfork handlers:"), 1);
		assert_int_equal(times(text, "libc-internal:"), 1);
		free(text);
	}
}

static void who_is_the_same_shares_a_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < CELLS; i++)
		cells[i].atfork = (struct audit_summary){.kind = AUDIT_NONE};
	char *text = print_with(OUTPUT_TEXT, 300);

	assert_non_null(strstr(text, "atfork handlers: glibc, tcmalloc-minimal, we|rd_"));
	assert_int_equal(times(text, ": none"), 1);
	free(text);
}

static void without_audits_there_is_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < CELLS; i++)
		cells[i].audited = false;
	char *text = print_with(OUTPUT_TEXT, 300), *markdown = print_with(OUTPUT_MARKDOWN, 0);

	assert_null(strstr(text, "atfork  "));
	assert_null(strstr(text, "atfork handlers:"));
	assert_null(strstr(markdown, "| atfork |"));
	free(text);
	free(markdown);
}

static void markdown_has_the_column(void **state)
{
	char *text = print_with(OUTPUT_MARKDOWN, 0);
	(void)state;
	assert_int_equal(times(text, "| allocator | atfork |"), 1);
	assert_int_equal(times(text, "| --- | --- | --- | --- | --- | --- |\n"), 1);
	assert_int_equal(times(text, " | locks 87 | "), 1);
	free(text);
}

static void json_and_csv_have_it_in_each_result(void **state)
{
	char *text = print_with(OUTPUT_JSON, 0), *csv = print_with(OUTPUT_CSV, 0);
	json_t *root = json_loads(text, 0, NULL);
	const json_t *cell;
	size_t i;
	(void)state;
	assert_non_null(root);
	json_array_foreach(json_object_get(root, "results"), i, cell)
	{
		assert_string_equal(
			json_string_value(json_object_get(cell, "atfork")), briefs[i / 4 % 3]);
		assert_string_equal(json_string_value(json_object_get(cell, "atfork_sentence")),
			sentences[i / 4 % 3]);
	}
	assert_non_null(strstr(csv, ",atfork,atfork_sentence"));
	assert_int_equal(
		times(csv, ",locks 87,\"locks 87 words, releases them in the child\","), 8);
	json_decref(root);
	free(text);
	free(csv);
}

#define TEST(name) cmocka_unit_test_setup(name, make_audited)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_table_of_fork_has_a_column),
		TEST(the_sentences_stand_below_once),
		TEST(who_is_the_same_shares_a_sentence),
		TEST(without_audits_there_is_nothing),
		TEST(markdown_has_the_column),
		TEST(json_and_csv_have_it_in_each_result),
	};
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
