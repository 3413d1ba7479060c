/* --format junit of real runs: valid, and consistent with the exit status. */
#include "e2e.h"

#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/xpath.h>
#include <string.h>

static xmlDocPtr parsed(const struct e2e_result *result)
{
	xmlDocPtr doc = xmlReadMemory(result->out, (int)result->out_size, "junit.xml", NULL, 0);
	xmlRelaxNGParserCtxtPtr parser = xmlRelaxNGNewParserCtxt(JUNIT_SCHEMA);
	xmlRelaxNGPtr schema = xmlRelaxNGParse(parser);
	xmlRelaxNGValidCtxtPtr valid = xmlRelaxNGNewValidCtxt(schema);
	assert_true(doc && schema && valid);
	if (xmlRelaxNGValidateDoc(valid, doc) != 0)
		e2e_fail("not valid: %s", result->out);
	xmlRelaxNGFreeValidCtxt(valid);
	xmlRelaxNGFree(schema);
	xmlRelaxNGFreeParserCtxt(parser);
	return doc;
}

static int count(xmlDocPtr doc, const char *path)
{
	char expression[256];
	xmlXPathContextPtr context = xmlXPathNewContext(doc);
	snprintf(expression, sizeof(expression), "count(%s)", path);
	xmlXPathObjectPtr found = xmlXPathEvalExpression(BAD_CAST expression, context);
	assert_non_null(found);
	int number = (int)xmlXPathCastToNumber(found);
	xmlXPathFreeObject(found);
	xmlXPathFreeContext(context);
	return number;
}

/* The exit status must be 3 if the XML has errors, 0 otherwise. */
static void check_status(xmlDocPtr doc, const struct e2e_result *result)
{
	assert_int_equal(result->status, count(doc, "//error") > 0 ? 3 : 0);
}

/* A sweep finds the same every time. */
static void sweep_of_a_bad_and_a_good_one(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_controls(true);
	e2e_run(&result, E2E_ARGS("sweep", "-a", "teach-none,teach-lockall", "-s", "pool", "-m",
				 "fork", "--budget", "900", "--format", "junit"));
	e2e_controls(false);
	xmlDocPtr doc = parsed(&result);
	check_status(doc, &result);
	assert_int_equal(count(doc, "//testsuite"), 3);
	if (count(doc, "//skipped") == 0) {
		assert_int_equal(count(doc, "//failure"), 1);
		assert_int_equal(count(doc, "//testsuite[@name='teach-none']"
					    "//failure[@type='deadlock' and "
					    "contains(., 'again   forklab sweep')]"),
			1);
	}
	xmlFreeDoc(doc);
	e2e_free(&result);
}

/* A verdict that --fail-on does not name is no failure and does not change the exit status. */
static void another_verdict_is_no_failure(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("sweep", "-a", "teach-none", "-s", "pool", "-m", "fork",
				 "--fail-on", "corruption", "--format", "junit"));
	xmlDocPtr doc = parsed(&result);
	check_status(doc, &result);
	assert_int_equal(count(doc, "//failure"), 0);
	assert_int_equal(count(doc, "//testsuite[@name='teach-none']/testcase"), 1);
	xmlFreeDoc(doc);
	e2e_free(&result);
}

/* The wrong malloc answers glibc's runner: forklab's error, and no failure of glibc's. */
static void broken_is_an_error(void **state)
{
	(void)state;
	struct e2e_result result;
	char runners[E2E_PATH_MAX];
	e2e_runners_with(runners, "glibc", "LD_PRELOAD=" FORKLAB_PRELOAD);
	e2e_run(&result, E2E_ARGS("stress", "--runners", runners, "-a", "glibc", "-s", "basic",
				 "-m", "fork", "--trials", "5", "--format", "junit"));
	e2e_remove(runners);
	xmlDocPtr doc = parsed(&result);
	assert_int_equal(result.status, 3);
	assert_int_equal(count(doc, "//testsuite[@name='glibc']"
				    "//error[contains(@message, 'wrong malloc')]"),
		1);
	assert_int_equal(count(doc, "//failure"), 0);
	xmlFreeDoc(doc);
	e2e_free(&result);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sweep_of_a_bad_and_a_good_one),
		cmocka_unit_test(another_verdict_is_no_failure),
		cmocka_unit_test(broken_is_an_error),
	};
	int failed = E2E_MAIN(argc, argv, tests, NULL, NULL);
	xmlCleanupParser();
	return failed;
}
