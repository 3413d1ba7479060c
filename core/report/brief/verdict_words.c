#include "verdict_words.h"

#include "format.h"
#include "result.h"
#include "tally.h"

static const struct {
	const char *text, *begin, *meaning;
	enum block_tone tone;
} words[WORDS] = {
	[WORD_OK] = {"ok", "ok", NULL, TONE_GOOD},
	[WORD_SO_FAR] = {"(ok)", "(ok)", "nothing bad, but not everything was tried", TONE_GOOD},
	[WORD_HANG] = {"hang", "ha", "the child can hang forever", TONE_BAD},
	[WORD_SPIN] = {"spin", "sp", "the child can spin forever", TONE_BAD},
	[WORD_CRASH] = {"crash", "cr", "a process can crash", TONE_BAD},
	[WORD_CORRUPT] = {"corrupt", "co", "memory can be damaged", TONE_BAD},
	[WORD_REFUSED] = {"refused", "re", "the child gets no memory or no thread", TONE_UNDECIDED},
	[WORD_PARENT] = {"parent", "pa", "the parent can hang forever", TONE_BAD},
	[WORD_STUCK] = {"stuck", "st", "no progress, and no proof why", TONE_UNDECIDED},
	[WORD_APPLICATION] = {"app", "app",
		"the child hangs on a lock of the application or libc, with any allocator",
		TONE_DIM},
	[WORD_NONE] = {"-", "-", NULL, TONE_DIM},
	[WORD_NOT_RUN] = {"..", "..", "not run", TONE_DIM},
	[WORD_BROKEN] = {"broken", "br", "the test itself failed: see --details", TONE_UNDECIDED},
};

static enum verdict held_verdict(const struct cell *cell)
{
	return cell && result_cell_judged(cell) ? tally_held_verdict(cell) : VERDICT_OK;
}

static enum verdict worst_held(const struct result *result)
{
	enum verdict stress = held_verdict(result->stress), sweep = held_verdict(result->sweep);
	return verdict_severity(stress) > verdict_severity(sweep) ? stress : sweep;
}

/* Of a result of which nothing bad is held against the allocator. */
static enum verdict_word word_of_good(const struct result *result)
{
	const struct cell *cell = result_deciding_cell(result), *sweep = result->sweep;
	if (result_has_foreign(result))
		return WORD_APPLICATION;
	if (!cell_was_run(cell) || cell->dropped)
		return WORD_NOT_RUN;
	if (cell->verdict == VERDICT_BROKEN)
		return WORD_BROKEN;
	if (cell->verdict == VERDICT_SKIPPED)
		return WORD_NONE;
	bool skipped = sweep && sweep->verdict == VERDICT_SKIPPED && !sweep->cut;
	bool whole = !sweep || skipped || result_sweep_complete(sweep);
	return whole ? WORD_OK : WORD_SO_FAR;
}

enum verdict_word verdict_word(const struct result *result)
{
	static const enum verdict_word of[VERDICT_COUNT] = {
		[VERDICT_DEADLOCK] = WORD_HANG,
		[VERDICT_LIVELOCK] = WORD_SPIN,
		[VERDICT_CRASH] = WORD_CRASH,
		[VERDICT_CORRUPTION] = WORD_CORRUPT,
		[VERDICT_REFUSED] = WORD_REFUSED,
		[VERDICT_PARENT_DEADLOCK] = WORD_PARENT,
		[VERDICT_UNKNOWN] = WORD_STUCK,
	};
	enum verdict held = result ? worst_held(result) : VERDICT_OK;
	if (!result)
		return WORD_NONE;
	return held == VERDICT_OK ? word_of_good(result) : of[held];
}

const char *verdict_word_text(enum verdict_word word, bool brief)
{
	return brief ? words[word].begin : words[word].text;
}

const char *verdict_word_meaning(enum verdict_word word)
{
	return words[word].meaning;
}

enum block_tone verdict_word_tone(enum verdict_word word)
{
	return words[word].tone;
}
