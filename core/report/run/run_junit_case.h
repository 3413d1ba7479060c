/* The test cases of --format junit, and how anything gets into its XML. */
#pragma once

#include "model.h"

#include <libxml/xmlwriter.h>

/* What a test case says of a cell. The first that applies, in this order: */
enum junit_outcome {
	JUNIT_FAILURE, /* a verdict that counts as one was given: --fail-on's, or any bad one */
	JUNIT_ERROR,   /* something was broken: forklab's failure, not the allocator's */
	JUNIT_SKIPPED, /* it does not apply, or the run ended before its turn */
	JUNIT_PASSED,
	JUNIT_OUTCOMES
};

/* Which it is. Pure. */
enum junit_outcome junit_outcome(const struct report *report, const struct cell *cell);

/* Writes the test case of a cell, or of a control. */
void junit_cell(xmlTextWriterPtr to, const struct report *report, const struct cell *cell);
void junit_control(xmlTextWriterPtr to, const struct control *control);

/* Write an attribute: of text, cleaned for XML; of a number; `time`, in seconds. */
void junit_attribute(xmlTextWriterPtr to, const char *name, const char *text);
void junit_number(xmlTextWriterPtr to, const char *name, unsigned number);
void junit_seconds(xmlTextWriterPtr to, double seconds);
