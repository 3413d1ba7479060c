#include "result_counts.h"

#include "strbuf.h"

/* Of a result beside another one; `unit` is what a bare count leaves unsaid. */
static void describe(char out[WORDING_MAX], const struct cell *cell, const struct cell *decides,
	const char *mode, const char *unit)
{
	struct line line = line_in(out, WORDING_MAX);
	char counts[WORDING_MAX];

	if (!pair_judged(cell)) {
		line_add(&line, "%s %s", mode, word_verdict(cell));
		return;
	}
	word_counts(counts, sizeof(counts), cell);
	line_add(&line, "%s%s", counts, unit);
	if (verdict_is_bad(cell->verdict) && cell->verdict != decides->verdict)
		line_add(&line, " %s", verdict_name(cell->verdict));
}

void counts_of(struct counts *counts, const struct pair *pair, bool utf8)
{
	const struct cell *decides = pair_decides(pair);

	*counts = (struct counts){0};
	if (pair_relation(pair) == PAIR_SINGLE) {
		word_counts(pair->sweep ? counts->sweep : counts->stress, WORDING_MAX, decides);
	} else {
		describe(counts->sweep, pair->sweep, decides, "sweep", "");
		describe(counts->stress, pair->stress, decides, "stress", " trials");
	}
	if (pair->stress && pair->stress->trials > 0)
		word_bound(counts->bound, WORDING_MAX, pair->stress, utf8);
}
