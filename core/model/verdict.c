#include "verdict.h"

#include <stddef.h>
#include <string.h>

/*
 * The rank decides what a cell shows. `broken` is never held against the allocator, so every judged
 * bad verdict outranks it; but it outranks `ok` and `skipped`, since it must not go unseen.
 */
static const struct {
	const char *name;
	bool bad;
	int rank;
} verdicts[VERDICT_COUNT] = {
	[VERDICT_OK] = {"ok", false, 0},
	[VERDICT_SKIPPED] = {"skipped", false, 1},
	[VERDICT_BROKEN] = {"broken", false, 2},
	[VERDICT_REFUSED] = {"refused", true, 3},
	[VERDICT_UNKNOWN] = {"unknown", true, 4},
	[VERDICT_LIVELOCK] = {"livelock", true, 5},
	[VERDICT_DEADLOCK] = {"deadlock", true, 6},
	[VERDICT_PARENT_DEADLOCK] = {"parent-deadlock", true, 7},
	[VERDICT_CRASH] = {"crash", true, 8},
	[VERDICT_CORRUPTION] = {"corruption", true, 9},
};

/* A value outside of the enumeration is a failure of forklab. */
static enum verdict clamp(enum verdict verdict)
{
	return (unsigned)verdict < VERDICT_COUNT ? verdict : VERDICT_BROKEN;
}

const char *verdict_name(enum verdict verdict)
{
	return verdicts[clamp(verdict)].name;
}

const char *certainty_name(enum certainty certainty)
{
	static const char *const names[] = {
		[CERTAINTY_NONE] = "none",
		[CERTAINTY_STRONG] = "strong",
		[CERTAINTY_PROVEN] = "proven",
	};
	return (unsigned)certainty <= CERTAINTY_PROVEN ? names[certainty] : names[CERTAINTY_NONE];
}

bool verdict_is_bad(enum verdict verdict)
{
	return verdicts[clamp(verdict)].bad;
}

int verdict_severity(enum verdict verdict)
{
	return verdicts[clamp(verdict)].rank;
}
