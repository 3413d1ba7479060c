/* Reports of valgrind: whole, truncated, and invalid. */
#include "checker_reports.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define BEGIN                                                                                      \
	"<?xml version=\"1.0\"?>\n<valgrindoutput>\n<protocolversion>4</protocolversion>\n"        \
	"<tool>memcheck</tool>\n"
#define ERROR(kind)                                                                                \
	"<error>\n<unique>0x1</unique>\n<tid>1</tid>\n<kind>" kind "</kind>\n"                     \
	"<what>something</what>\n<stack><frame><fn>kind</fn></frame></stack>\n</error>\n"
#define END "<errorcounts></errorcounts>\n</valgrindoutput>\n"

static struct checker_reports add(struct checker_reports reports, const char *xml)
{
	checker_reports_add(&reports, xml, strlen(xml));
	return reports;
}

static void errors_are_counted_by_kind(void **state)
{
	(void)state;
	struct checker_reports r = add((struct checker_reports){0},
		BEGIN ERROR("InvalidRead") ERROR("InvalidWrite") ERROR("InvalidRead") END);
	r = add(r, BEGIN ERROR("InvalidRead") END);
	assert_int_equal(r.processes, 2);
	assert_int_equal(r.reported, 2);
	assert_int_equal(r.cut, 0);
	assert_int_equal(r.errors, 4);
	assert_int_equal(r.kinds, 2);
	assert_string_equal(r.kind[0].name, "InvalidRead");
	assert_int_equal(r.kind[0].count, 3);
	assert_string_equal(r.kind[1].name, "InvalidWrite");
	assert_int_equal(r.kind[1].count, 1);
}

static void leaks_do_not_count(void **state)
{
	(void)state;
	struct checker_reports r =
		add((struct checker_reports){0}, BEGIN ERROR("Leak_PossiblyLost") END);
	assert_int_equal(r.processes, 1);
	assert_int_equal(r.reported, 0);
	assert_int_equal(r.errors, 0);
}

/* Only an error's own kind counts: not one in another place. */
static void a_kind_elsewhere_is_none(void **state)
{
	(void)state;
	struct checker_reports r = add((struct checker_reports){0},
		BEGIN "<args><kind>InvalidRead</kind></args>\n<kind>InvalidRead</kind>\n" END);
	assert_int_equal(r.errors, 0);
	r = add((struct checker_reports){0}, "<other>" ERROR("InvalidRead") "</other>");
	assert_int_equal(r.errors, 0);
	assert_int_equal(r.cut, 1);
}

static void what_stands_in_one_that_was_cut_counts(void **state)
{
	(void)state;
	static const char whole[] = BEGIN ERROR("InvalidRead") ERROR("InvalidWrite") END;
	for (size_t length = 0; length < strlen(whole) - 1; length++) {
		struct checker_reports r = {0};
		char *exact = malloc(length + 1);
		assert_non_null(exact);
		memcpy(exact, whole, length);
		checker_reports_add(&r, exact, length);
		free(exact);
		assert_int_equal(r.processes, 1);
		assert_int_equal(r.cut, length + 1 < strlen(whole) ? 1 : 0);
		assert_true(r.errors <= 2);
	}
	struct checker_reports r =
		add((struct checker_reports){0}, BEGIN ERROR("InvalidRead") "<error>\n<kin");
	assert_int_equal(r.errors, 1);
	assert_int_equal(r.cut, 1);
}

/* More kinds than there is room for, names without end, entities, control characters. */
static void a_hostile_one_does_no_harm(void **state)
{
	(void)state;
	static char text[1 << 20];
	size_t used = (size_t)snprintf(text, sizeof(text), "%s", BEGIN);
	for (int i = 0; i < 100; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
			"<error><kind>Kind%c%c</kind></error>", 'a' + i / 26, 'a' + i % 26);
	used += (size_t)snprintf(text + used, sizeof(text) - used, "<error><kind>");
	memset(text + used, 'x', 100000);
	used += 100000;
	snprintf(text + used, sizeof(text) - used, "&#233;&lt;</kind></error>%s", END);
	struct checker_reports r = add((struct checker_reports){0}, text);
	assert_int_equal(r.errors, 101);
	assert_int_equal(r.kinds, CHECKER_KINDS_MAX);
	r = add((struct checker_reports){0},
		"<!DOCTYPE valgrindoutput [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\n"
		"<valgrindoutput><error><kind>&x;</kind></error></valgrindoutput>");
	assert_int_equal(r.errors, 0);
	r = add((struct checker_reports){0}, "\x7f"
					     "ELF");
	assert_int_equal(r.cut, 1);
}

static void put(const char *name, const char *text)
{
	char path[512];
	snprintf(path, sizeof(path), "%s/%s", getenv("FORKLAB_REPORTS"), name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void a_cells_reports_are_a_note_and_gone(void **state)
{
	(void)state;
	struct cell cell = {0};
	char directory[512];
	assert_int_equal(checker_reports_begin(), 0);
	snprintf(directory, sizeof(directory), "%s", getenv("FORKLAB_REPORTS"));
	checker_reports_collect(&cell, "memcheck");
	assert_int_equal(cell.notes, 0);
	put("1.xml", BEGIN ERROR("InvalidRead") END);
	put("2.xml", BEGIN END);
	checker_reports_collect(&cell, "memcheck");
	assert_int_equal(cell.notes, 1);
	assert_int_equal(cell.note[0].kind, DAMAGE_CHECKER_REPORTS);
	assert_string_equal(cell.note[0].name, "memcheck");
	assert_int_equal(cell.note[0].count, 1);
	assert_int_equal(cell.note[0].affected, 1);
	assert_int_equal(cell.note[0].total, 2);
	assert_string_equal(cell.note[0].kinds, "InvalidRead 1");
	put("3.xml", BEGIN END);
	cell = (struct cell){0};
	checker_reports_collect(&cell, "drd");
	assert_int_equal(cell.note[0].count, 0);
	assert_int_equal(cell.note[0].total, 1);
	/* What is no file is not read, and what is there at the end is removed. */
	put("4.xml", BEGIN END);
	checker_reports_end();
	assert_int_equal(access(directory, F_OK), -1);
	assert_null(getenv("FORKLAB_REPORTS"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_are_counted_by_kind),
		cmocka_unit_test(leaks_do_not_count),
		cmocka_unit_test(a_kind_elsewhere_is_none),
		cmocka_unit_test(what_stands_in_one_that_was_cut_counts),
		cmocka_unit_test(a_hostile_one_does_no_harm),
		cmocka_unit_test(a_cells_reports_are_a_note_and_gone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
