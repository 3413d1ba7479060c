/*
 * --format junit, validated and read back: passed, failed, skipped and error, with their reasons.
 */
#include "report_fixture.h"

#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/xpath.h>
#include <locale.h>

/* Printed and parsed; also valid. */
static xmlDocPtr document(void)
{
	char *text = print_as(OUTPUT_JUNIT, &(struct print_options){.utf8 = true});
	xmlDocPtr doc = xmlReadMemory(text, (int)strlen(text), "junit.xml", NULL, 0);
	xmlRelaxNGParserCtxtPtr parser = xmlRelaxNGNewParserCtxt(JUNIT_SCHEMA);
	xmlRelaxNGPtr schema = xmlRelaxNGParse(parser);
	xmlRelaxNGValidCtxtPtr valid = xmlRelaxNGNewValidCtxt(schema);
	assert_non_null(doc);
	assert_non_null(schema);
	if (xmlRelaxNGValidateDoc(valid, doc) != 0)
		fail_msg("not valid:\n%s", text);
	xmlRelaxNGFreeValidCtxt(valid);
	xmlRelaxNGFree(schema);
	xmlRelaxNGFreeParserCtxt(parser);
	free(text);
	return doc;
}

static double number(xmlDocPtr doc, const char *path)
{
	xmlXPathContextPtr context = xmlXPathNewContext(doc);
	xmlXPathObjectPtr found = xmlXPathEvalExpression(BAD_CAST path, context);
	double value;
	assert_non_null(found);
	value = xmlXPathCastToNumber(found);
	xmlXPathFreeObject(found);
	xmlXPathFreeContext(context);
	return value;
}

static void check_number(xmlDocPtr doc, const char *path, int wanted)
{
	if ((int)number(doc, path) != wanted)
		fail_msg("%s is %g, not %d", path, number(doc, path), wanted);
}

static void check_text(xmlDocPtr doc, const char *path, const char *part)
{
	xmlXPathContextPtr context = xmlXPathNewContext(doc);
	xmlXPathObjectPtr found = xmlXPathEvalExpression(BAD_CAST path, context);
	xmlChar *text = xmlXPathCastToString(found);
	assert_holds((const char *)text, part);
	xmlFree(text);
	xmlXPathFreeObject(found);
	xmlXPathFreeContext(context);
}

/* The counts that a server shows are those of the elements that it is given. */
static void check_counts_add_up(xmlDocPtr doc)
{
	check_number(doc, "count(//testcase) - sum(//testsuite/@tests)", 0);
	check_number(doc, "count(//failure) - sum(//testsuite/@failures)", 0);
	check_number(doc, "count(//error) - sum(//testsuite/@errors)", 0);
	check_number(doc, "count(//skipped) - sum(//testsuite/@skipped)", 0);
	check_number(doc, "count(//testcase) - /testsuites/@tests", 0);
	check_number(doc, "count(//failure) - /testsuites/@failures", 0);
	check_number(doc, "count(//error) - /testsuites/@errors", 0);
	check_number(doc, "count(//testcase[count(failure|error|skipped) > 1])", 0);
}

static void a_suite_for_each_allocator(void **state)
{
	xmlDocPtr doc = document();
	(void)state;
	check_counts_add_up(doc);
	check_number(doc, "count(//testsuite)", 4);
	check_number(doc, "count(//testsuite[@name='glibc']/testcase)", 8);
	check_number(doc, "count(//testsuite[@name='controls']/testcase)", 2);
	check_number(doc, "count(//failure)", 3);
	check_number(doc, "count(//skipped)", 2);
	check_number(doc, "count(//error)", 0);
	xmlFreeDoc(doc);
}

static void a_failure_says_what_and_how_to_see_it(void **state)
{
	static const char failure[] =
		"//testcase[@classname='forklab.glibc' and @name='signal fork() stress']/failure";
	char path[256];
	xmlDocPtr doc = document();
	(void)state;
	(void)snprintf(path, sizeof(path), "%s/@message", failure);
	check_text(doc, path, "the child in malloc(1500): blocked forever on main_arena");
	(void)snprintf(path, sizeof(path), "%s/@type", failure);
	check_text(doc, path, "deadlock");
	check_text(doc, failure, "deadlock in 37 of 400 trials (proven)");
	check_text(doc, failure, "1. the process has one thread, asleep");
	check_text(doc, failure, "2. the word is a process-private futex");
	check_text(doc, failure, "main_arena");
	check_text(doc, failure, cells[1].finding.command);
	check_text(doc, "//testcase[@name='basic fork() stress'][1]/system-out",
		"bad: 0 of 400 trials, \xe2\x89\xa4 0.75 %");
	xmlFreeDoc(doc);
}

static void what_was_not_run_is_skipped(void **state)
{
	xmlDocPtr doc = document();
	(void)state;
	check_text(doc, "//testsuite[@name='glibc']//skipped/@message", "no \"logger\", no");
	check_text(doc, "//testsuite[@name='tcmalloc-minimal']//skipped/@message",
		"the run ended before its turn");
	xmlFreeDoc(doc);
}

static void fail_on_decides_what_fails(void **state)
{
	xmlDocPtr doc;
	(void)state;
	report.options.fail_on[VERDICT_CRASH] = true;
	doc = document();
	check_counts_add_up(doc);
	check_number(doc, "count(//failure)", 0);
	xmlFreeDoc(doc);
	report.options.fail_on[VERDICT_DEADLOCK] = true;
	doc = document();
	check_number(doc, "count(//failure)", 3);
	xmlFreeDoc(doc);
	report.options.fail_on[VERDICT_SKIPPED] = true;
	doc = document();
	check_number(doc, "count(//failure)", 4);
	check_number(doc, "count(//skipped)", 1); /* never run */
	xmlFreeDoc(doc);
}

/* A hang on a lock of libc is told, and is a failure on request only. */
static void a_lock_of_libc_is_no_failure(void **state)
{
	xmlDocPtr doc;
	(void)state;
	make_foreign(&cells[1], LOCK_ORIGIN_LIBC);
	cells[1].finding.lock_published = false;
	fill(cells[1].finding.taker, MODEL_NAME_MAX, "localtime_r");
	doc = document();
	check_counts_add_up(doc);
	check_number(doc, "count(//failure)", 2);
	check_text(doc, "//testcase[@name='signal fork() stress'][1]/system-out",
		"not the allocator's: the child in malloc(1500): blocked forever on libc's lock");
	xmlFreeDoc(doc);
	report.options.fail_on_any = true;
	doc = document();
	check_number(doc, "count(//failure)", 3);
	xmlFreeDoc(doc);
}

static void what_is_broken_is_an_error(void **state)
{
	xmlDocPtr doc;
	(void)state;
	cells[0].verdict = VERDICT_BROKEN;
	cells[0].count[VERDICT_BROKEN] = 1;
	cells[0].has_finding = true;
	cells[0].finding.cause = CAUSE_WRONG_MALLOC;
	/* A failure beside it is still the allocator's. */
	cells[1].count[VERDICT_BROKEN] = 1;
	controls[1].passed = false;
	controls[1].got = VERDICT_CRASH;
	doc = document();
	check_counts_add_up(doc);
	check_number(doc, "count(//error)", 2);
	check_number(doc, "count(//failure)", 3);
	check_text(doc, "//testsuite[@name='glibc']//error/@message", "the wrong malloc answered");
	check_text(doc, "//testsuite[@name='controls']//error/@message",
		"known to be good, but was found crash");
	xmlFreeDoc(doc);
}

/* Whatever stands in a report, XML can hold it. */
static void texts_that_xml_cannot_hold(void **state)
{
	xmlDocPtr doc;
	(void)state;
	fill(cells[1].finding.output, SHM_TEXT_MAX,
		"<&>\"'\x01\x1b[31m\xef\xbf\xbf\xef\xbf\xbe\xed\xa0\x80\xc3]]>");
	fill(cells[1].finding.lock, MODEL_TEXT_MAX, "a]]>b<!--\x07\xff");
	doc = document();
	check_text(doc, "//failure[1]/@message", "<&>\"'");
	check_text(doc, "//failure[1]", "a]]>b<!--");
	xmlFreeDoc(doc);
}

static void a_run_that_was_cut_says_so(void **state)
{
	xmlDocPtr doc;
	(void)state;
	report.partial = true;
	report.controls_ran = false;
	doc = document();
	check_counts_add_up(doc);
	check_number(doc, "count(//testsuite)", 3);
	check_text(doc, "//testsuite[1]/properties/property[@name='partial']/@value",
		"interrupted after");
	xmlFreeDoc(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		REPORT_TEST(a_suite_for_each_allocator),
		REPORT_TEST(a_failure_says_what_and_how_to_see_it),
		REPORT_TEST(what_was_not_run_is_skipped),
		REPORT_TEST(fail_on_decides_what_fails),
		REPORT_TEST(a_lock_of_libc_is_no_failure),
		REPORT_TEST(what_is_broken_is_an_error),
		REPORT_TEST(texts_that_xml_cannot_hold),
		REPORT_TEST(a_run_that_was_cut_says_so),
	};
	int failed;
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	xmlCleanupParser();
	return failed;
}
