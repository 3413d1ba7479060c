#include "tally.h"

#include "stats.h"

#include <stdio.h>
#include <string.h>

/* Of equal verdicts one that is held against the allocator is shown, if there is one. */
static bool replaces(const struct cell *cell, enum verdict verdict, const struct finding *finding)
{
	if (!cell->has_finding)
		return true;
	int more = verdict_severity(verdict) - verdict_severity(cell->finding.verdict);
	return more > 0 ||
	       (more == 0 && finding_is_foreign(&cell->finding) && !finding_is_foreign(finding));
}

void tally_add(struct tally *tally, enum verdict verdict, const struct finding *finding)
{
	struct cell *cell = tally->cell;
	cell->count[verdict]++;
	if (verdict != VERDICT_BROKEN)
		cell->trials++;
	if (!finding)
		return;
	if (finding->certainty == CERTAINTY_PROVEN)
		cell->proven++;
	cell->foreign[verdict] += finding_is_foreign(finding);
	if (finding->latency_ms >= 0 && tally->latencies < TALLY_SAMPLES_MAX)
		tally->latency_ms[tally->latencies++] = finding->latency_ms;
	if (verdict != VERDICT_OK && replaces(cell, verdict, finding)) {
		cell->finding = *finding;
		cell->has_finding = true;
	}
}

void tally_add_broken(struct tally *tally, uint32_t trial, enum finding_cause cause, int error,
	const char *output)
{
	struct finding finding = {.verdict = VERDICT_BROKEN,
		.cause = cause,
		.error = error,
		.latency_ms = -1,
		.trial = trial};
	snprintf(finding.output, sizeof(finding.output), "%s", output ? output : "");
	tally_add(tally, VERDICT_BROKEN, &finding);
}

void tally_time(struct tally *tally, double trial_ms)
{
	if (tally->trials < TALLY_SAMPLES_MAX)
		tally->trial_ms[tally->trials++] = trial_ms;
}

uint32_t tally_bad(const struct cell *cell)
{
	uint32_t bad = 0;
	for (int v = 0; v < VERDICT_COUNT; v++)
		if (verdict_is_bad((enum verdict)v))
			bad += cell->count[v];
	return bad;
}

uint32_t tally_foreign(const struct cell *cell)
{
	uint32_t foreign = 0;
	for (int v = 0; v < VERDICT_COUNT; v++)
		foreign += cell->foreign[v];
	return foreign;
}

uint32_t tally_held(const struct cell *cell)
{
	return tally_bad(cell) - tally_foreign(cell);
}

enum verdict tally_held_verdict(const struct cell *cell)
{
	enum verdict found = VERDICT_OK;
	if (tally_foreign(cell) == 0)
		return verdict_is_bad(cell->verdict) ? cell->verdict : VERDICT_OK;
	for (int v = 0; v < VERDICT_COUNT; v++)
		if (verdict_is_bad((enum verdict)v) && cell->count[v] > cell->foreign[v] &&
			verdict_severity((enum verdict)v) > verdict_severity(found))
			found = (enum verdict)v;
	return found;
}

uint32_t tally_bad_points(const struct cell *cell)
{
	return tally_bad(cell) - cell->sweep.parent_bad;
}

uint32_t tally_held_points(const struct cell *cell)
{
	uint32_t held = tally_held(cell);
	return held > cell->sweep.parent_bad ? held - cell->sweep.parent_bad : 0;
}

static bool is_consistent(const struct cell *cell)
{
	uint32_t bad = tally_bad(cell);
	if (bad > cell->trials || cell->sweep.parent_bad > bad || tally_foreign(cell) > bad)
		return false;
	return !model_is_sweep(cell) || bad - cell->sweep.parent_bad <= cell->sweep.tried;
}

/* Nothing that such a cell says is worth to be printed. */
static void give_up_counts(struct cell *cell)
{
	memset(cell->count, 0, sizeof(cell->count));
	memset(cell->foreign, 0, sizeof(cell->foreign));
	cell->count[VERDICT_BROKEN] = 1;
	cell->trials = cell->proven = cell->sweep.parent_bad = 0;
	cell->has_finding = true;
	cell->finding = (struct finding){
		.verdict = VERDICT_BROKEN, .cause = CAUSE_MISCOUNTED, .latency_ms = -1};
}

static enum verdict worst(const struct cell *cell)
{
	enum verdict found = VERDICT_BROKEN;
	int severity = -1;
	for (int v = 0; v < VERDICT_COUNT; v++) {
		if (cell->count[v] && verdict_severity((enum verdict)v) > severity) {
			found = (enum verdict)v;
			severity = verdict_severity(found);
		}
	}
	return found;
}

void tally_finish(struct tally *tally)
{
	struct cell *cell = tally->cell;
	if (!is_consistent(cell))
		give_up_counts(cell);
	uint32_t bad = tally_bad(cell);
	cell->verdict = worst(cell);
	cell->bad_rate = cell->trials ? (double)bad / cell->trials : 0;
	cell->upper95 = cell->trials ? stats_upper95(bad, cell->trials) : 1;
	cell->latency_median_ms = cell->latency_p99_ms = cell->trial_median_ms = -1;
	if (tally->trials)
		cell->trial_median_ms = stats_quantile(tally->trial_ms, tally->trials, 0.5);
	if (tally->latencies) {
		cell->latency_median_ms = stats_quantile(tally->latency_ms, tally->latencies, 0.5);
		cell->latency_p99_ms = stats_quantile(tally->latency_ms, tally->latencies, 0.99);
	}
	if (cell->cut && !cell->trials && !cell->count[VERDICT_BROKEN])
		cell_skip(cell, SKIP_BUDGET, NULL, 0);
	/* fork() returned at no point, and no child was harmed. But one that still waited when the
	 * budget ended may wait forever. */
	if (cell->sweep.waited && !cell->trials && !cell->cut && !cell->count[VERDICT_BROKEN])
		cell->verdict = VERDICT_OK;
	if (cell_nothing_changes(cell))
		cell->verdict = VERDICT_OK;
	if (cell->skip.reason != SKIP_NONE && !cell->trials && !cell->count[VERDICT_BROKEN])
		cell->verdict = VERDICT_SKIPPED;
	/* Never without a reason, and never without a broken trial that the exit status counts. */
	if (cell->verdict == VERDICT_BROKEN && !cell->count[VERDICT_BROKEN]) {
		tally_add_broken(tally, 0, CAUSE_NOTHING_JUDGED, 0, NULL);
		cell->verdict = VERDICT_BROKEN;
	}
}
