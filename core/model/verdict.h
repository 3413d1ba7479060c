/* The verdicts of docs/verdicts.md: names, order, and what counts as bad. Pure. */
#pragma once

#include <stdbool.h>

/* In the order in which results are counted and printed. */
enum verdict {
	VERDICT_OK,
	VERDICT_DEADLOCK,
	VERDICT_LIVELOCK,
	VERDICT_CRASH,
	VERDICT_CORRUPTION,
	VERDICT_REFUSED,
	VERDICT_PARENT_DEADLOCK,
	VERDICT_UNKNOWN,
	VERDICT_SKIPPED,
	VERDICT_BROKEN,
	VERDICT_COUNT
};

/* How sure a hang is. */
enum certainty {
	CERTAINTY_NONE,   /* nothing to be sure of */
	CERTAINTY_STRONG, /* strong evidence, no proof */
	CERTAINTY_PROVEN
};

/* "deadlock", "parent-deadlock", ... as in the tables, the JSON and on the command line. */
const char *verdict_name(enum verdict verdict);

/* "none", "strong" or "proven". */
const char *certainty_name(enum certainty certainty);

/* True for what is held against the allocator: everything but ok, skipped and broken. */
bool verdict_is_bad(enum verdict verdict);

/* Greater is worse: of several trials a cell shows the worst verdict. */
int verdict_severity(enum verdict verdict);
