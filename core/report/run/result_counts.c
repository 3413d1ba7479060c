#include "result_counts.h"

#include "strbuf.h"

/* Of a result beside another one; `unit` is what a bare count leaves unsaid. */
static void describe(char out[FORMAT_MAX], const struct cell *cell, const struct cell *decides,
	const char *mode, const char *unit)
{
	struct strbuf line = strbuf_init(out, FORMAT_MAX);
	char counts[FORMAT_MAX];
	if (!result_cell_judged(cell)) {
		strbuf_addf(&line, "%s %s", mode, format_verdict(cell));
		return;
	}
	format_bad_counts(counts, sizeof(counts), cell);
	strbuf_addf(&line, "%s%s", counts, unit);
	if (verdict_is_bad(cell->verdict) && cell->verdict != decides->verdict)
		strbuf_addf(&line, " %s", verdict_name(cell->verdict));
}

void result_counts_format(struct result_counts *counts, const struct result *result, bool utf8)
{
	const struct cell *decides = result_deciding_cell(result);
	*counts = (struct result_counts){0};
	if (result_relation(result) == RESULT_SINGLE) {
		format_bad_counts(
			result->sweep ? counts->sweep : counts->stress, FORMAT_MAX, decides);
	} else {
		describe(counts->sweep, result->sweep, decides, "sweep", "");
		describe(counts->stress, result->stress, decides, "stress", " trials");
	}
	if (result->stress && result->stress->trials > 0)
		format_bound(counts->bound, FORMAT_MAX, result->stress, utf8);
}
