#include "consequence.h"

#include "tally.h"

const char *consequence(const struct cell *cell)
{
	static const char *const words[VERDICT_COUNT] = {
		[VERDICT_DEADLOCK] = "child can hang forever",
		[VERDICT_LIVELOCK] = "child can spin forever",
		[VERDICT_CRASH] = "processes can crash",
		[VERDICT_CORRUPTION] = "heap can be corrupt",
		[VERDICT_REFUSED] = "child can be refused memory or a thread",
		[VERDICT_PARENT_DEADLOCK] = "parent can hang in fork() itself",
		[VERDICT_UNKNOWN] = "processes got stuck for an unknown reason",
	};
	if (cell->has_finding && cell->finding.verdict == cell->verdict &&
		cell->finding.cause == CAUSE_WORKER_STUCK)
		return "parent can be left with a thread that sleeps forever";
	enum verdict verdict = tally_held_verdict(cell);
	if (verdict == VERDICT_CORRUPTION && cell->has_finding &&
		cell->finding.failure == FAILURE_CHECK)
		return "child can fail a check of the scenario";
	return words[verdict] ? words[verdict] : "result is unclear";
}
