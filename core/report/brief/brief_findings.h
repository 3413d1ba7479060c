/* The findings that weigh most, in two lines each. */
#pragma once

#include "answers.h"
#include "document.h"

/*
 * Adds at most five findings, one for each allocator and method, those of bad answers first: what
 * happens, and the command that explains or repeats it. Then how many more there are.
 */
void brief_findings_add(
	struct document *document, const struct report *report, const struct answers *answers);
