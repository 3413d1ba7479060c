/*
 * --format junit: what CI servers read. A test suite for each allocator, a test case for each cell
 * and mode; one more suite for the controls, without which a clean result means nothing. What
 * counts as a failure is what --fail-on names, or every bad verdict.
 */
#include "report_text.h"
#include "run_junit_case.h"
#include "run_print.h"

#include <errno.h>
#include <libxml/xmlwriter.h>
#include <string.h>

/* The cells of one allocator, or the controls. */
struct junit_suite {
	const char *name;
	unsigned tests, failures, errors, skipped;
	double seconds;
};

static void count_cell(
	struct junit_suite *suite, const struct report *report, const struct cell *cell)
{
	unsigned *const count[JUNIT_OUTCOMES] = {
		[JUNIT_FAILURE] = &suite->failures,
		[JUNIT_ERROR] = &suite->errors,
		[JUNIT_SKIPPED] = &suite->skipped,
	};
	enum junit_outcome outcome = junit_outcome(report, cell);
	suite->tests++;
	suite->seconds += cell->seconds;
	if (count[outcome])
		++*count[outcome];
}

static struct junit_suite suite_of(const struct report *report, const char *allocator)
{
	struct junit_suite suite = {.name = allocator};
	for (size_t i = 0; i < report->cells; i++)
		if (strcmp(report->cell[i].allocator, allocator) == 0)
			count_cell(&suite, report, &report->cell[i]);
	return suite;
}

static struct junit_suite suite_of_controls(const struct report *report)
{
	struct junit_suite suite = {.name = "controls", .tests = (unsigned)report->controls};
	for (size_t i = 0; i < report->controls; i++)
		suite.errors += !report->control[i].passed;
	return suite;
}

/* Whether the cell is the first of its allocator. */
static bool begins_suite(const struct report *report, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(report->cell[i].allocator, report->cell[index].allocator) == 0)
			return false;
	return true;
}

static void put_counts(xmlTextWriterPtr to, const struct junit_suite *suite)
{
	junit_attribute(to, "name", suite->name);
	junit_number(to, "tests", suite->tests);
	junit_number(to, "failures", suite->failures);
	junit_number(to, "errors", suite->errors);
}

static void begin_suite(xmlTextWriterPtr to, const struct junit_suite *suite)
{
	(void)xmlTextWriterStartElement(to, BAD_CAST "testsuite");
	put_counts(to, suite);
	junit_number(to, "skipped", suite->skipped);
	junit_seconds(to, suite->seconds);
}

static void put_property(xmlTextWriterPtr to, const char *name, const char *value)
{
	(void)xmlTextWriterStartElement(to, BAD_CAST "property");
	junit_attribute(to, "name", name);
	junit_attribute(to, "value", value);
	(void)xmlTextWriterEndElement(to);
}

/* What one needs to judge the result, or to get it again. */
static void put_properties(
	xmlTextWriterPtr to, const struct report *report, const struct cell *first)
{
	char words[REPORT_TEXT_MAX];
	(void)xmlTextWriterStartElement(to, BAD_CAST "properties");
	put_property(to, "version", first->version);
	put_property(to, "link", link_kind_name(first->link));
	report_text_host(words, report);
	put_property(to, "host", words);
	report_text_options(words, report);
	put_property(to, "options", words);
	report_text_partial(words, report);
	if (*words)
		put_property(to, "partial", words);
	(void)xmlTextWriterEndElement(to);
}

static void put_suite(xmlTextWriterPtr to, const struct report *report, const struct cell *first)
{
	struct junit_suite suite = suite_of(report, first->allocator);
	begin_suite(to, &suite);
	put_properties(to, report, first);
	for (size_t i = 0; i < report->cells; i++)
		if (strcmp(report->cell[i].allocator, first->allocator) == 0)
			junit_cell(to, report, &report->cell[i]);
	(void)xmlTextWriterEndElement(to);
}

static void put_controls(xmlTextWriterPtr to, const struct report *report)
{
	struct junit_suite suite = suite_of_controls(report);
	if (!report->controls_ran)
		return;
	begin_suite(to, &suite);
	for (size_t i = 0; i < report->controls; i++)
		junit_control(to, &report->control[i]);
	(void)xmlTextWriterEndElement(to);
}

static void put_report(xmlTextWriterPtr to, const struct report *report)
{
	struct junit_suite all =
		report->controls_ran ? suite_of_controls(report) : (struct junit_suite){0};
	all.name = "forklab";
	for (size_t i = 0; i < report->cells; i++)
		count_cell(&all, report, &report->cell[i]);
	(void)xmlTextWriterStartElement(to, BAD_CAST "testsuites");
	put_counts(to, &all);
	junit_seconds(to, report->seconds);
	for (size_t i = 0; i < report->cells; i++)
		if (begins_suite(report, i))
			put_suite(to, report, &report->cell[i]);
	put_controls(to, report);
	(void)xmlTextWriterEndElement(to);
}

/* A writer that fails goes on failing, and what it wrote is checked as a whole. */
int run_print_junit(FILE *out, const struct report *report, const struct print_options *options)
{
	xmlBufferPtr buffer = xmlBufferCreate();
	xmlTextWriterPtr to = buffer ? xmlNewTextWriterMemory(buffer, 0) : NULL;
	int failed = !to || xmlTextWriterSetIndent(to, 1) < 0 ||
		     xmlTextWriterStartDocument(to, NULL, "UTF-8", NULL) < 0;
	(void)options;
	if (!failed) {
		put_report(to, report);
		failed = xmlTextWriterEndDocument(to) < 0;
	}
	if (to)
		xmlFreeTextWriter(to); /* flushes into the buffer */
	if (!failed)
		(void)fwrite(xmlBufferContent(buffer), 1, (size_t)xmlBufferLength(buffer), out);
	if (buffer)
		xmlBufferFree(buffer);
	if (failed)
		return -ENOMEM;
	return ferror(out) ? -EIO : 0;
}
