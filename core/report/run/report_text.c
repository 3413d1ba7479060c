#include "report_text.h"

#include "audit_text.h"
#include "finding_text.h"
#include "format.h"
#include "plural.h"
#include "strbuf.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

void report_text_host(char out[REPORT_TEXT_MAX], const struct report *report)
{
	const struct host *host = &report->host;
	struct strbuf line = strbuf_init(out, REPORT_TEXT_MAX);
	strbuf_addf(&line, "forklab %s on Linux %s %s, %s, %u CPU%s, %" PRIu64 " MiB",
		report->options.version, host->kernel, host->machine, host->libc, host->cpus,
		plural(host->cpus), host->memory_mib);
}

/* The cells of that mode; those cut short and those never run among them. */
struct mode_counts {
	size_t cells, cut, missing, dropped;
};

static struct mode_counts count_mode(const struct report *report, bool sweep)
{
	struct mode_counts counts = {0};
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		if (model_is_sweep(cell) != sweep)
			continue;
		counts.cells++;
		counts.missing += !cell_was_run(cell);
		counts.dropped += cell->dropped;
		counts.cut += cell->cut && !cell->dropped && cell_was_run(cell);
	}
	return counts;
}

void report_text_options(char out[REPORT_TEXT_MAX], const struct report *report)
{
	const struct run_options *options = &report->options;
	bool sweep = count_mode(report, true).cells > 0;
	bool stress = count_mode(report, false).cells > 0 || !sweep;
	struct strbuf line = strbuf_init(out, REPORT_TEXT_MAX);
	if (stress)
		strbuf_addf(&line, "%u trial%s a cell, %u worker%s, %s", options->trials,
			plural(options->trials), options->workers, plural(options->workers),
			options->aim ? "forks aimed into the allocator"
				     : "forks at random moments");
	if (sweep)
		strbuf_addf(&line, "%sa sweep of each cell%s", stress ? ", and " : "",
			options->every_instruction ? " with a fork after every instruction" : "");
	strbuf_addf(&line, ", seed %" PRIu64, options->seed);
	if (options->budget_s > 0)
		strbuf_addf(&line, ", budget %g s", options->budget_s);
	strbuf_addf(&line, "; took %.1f s", report->seconds);
}

/* Controls whose known answer is that verdict, and that gave it. */
static unsigned passed_with(const struct report *report, enum verdict verdict)
{
	unsigned count = 0;
	for (size_t i = 0; i < report->controls; i++)
		count += report->control[i].passed && report->control[i].expected == verdict;
	return count;
}

void report_text_controls(char out[REPORT_TEXT_MAX], const struct report *report)
{
	struct strbuf line = strbuf_init(out, REPORT_TEXT_MAX);
	size_t passed = 0;
	if (!report->controls_ran) {
		strbuf_addf(&line,
			"controls: none were run, so nothing shows that a hang would have "
			"been detected.");
		return;
	}
	for (size_t i = 0; i < report->controls; i++)
		passed += report->control[i].passed;
	strbuf_addf(&line, "controls: %zu of %zu known answers found (", passed, report->controls);

	size_t begin = line.used;

	for (int v = 0; v < VERDICT_COUNT; v++) {
		unsigned found = passed_with(report, (enum verdict)v);
		if (found)
			strbuf_add_item(
				&line, begin, ", ", "%u %s", found, verdict_name((enum verdict)v));
	}
	strbuf_addf(&line, "%s)", passed ? "" : "none");
}

void report_text_warning(char out[REPORT_TEXT_MAX], const struct control *control)
{
	struct strbuf line = strbuf_init(out, REPORT_TEXT_MAX);
	bool false_positive = control->expected == VERDICT_OK;
	char why[FINDING_TEXT_MAX];
	finding_text_control(why, sizeof(why), control);
	strbuf_addf(&line,
		"WARNING: detection power was insufficient: %s. Do not trust the %s below.", why,
		false_positive ? "blame" : "zeros");
}

void report_text_partial(char out[REPORT_TEXT_MAX], const struct report *report)
{
	struct strbuf line = strbuf_init(out, REPORT_TEXT_MAX);
	if (report->partial)
		strbuf_addf(&line,
			"PARTIAL: interrupted after %.1f s. What is shown was measured, the rest "
			"was not.",
			report->seconds);
}

/* "2026-11-27", of a time(2). */
static void add_day(struct strbuf *line, int64_t seconds)
{
	char day[32];
	struct tm tm;
	time_t when = (time_t)seconds;
	if (localtime_r(&when, &tm) && strftime(day, sizeof(day), "%Y-%m-%d", &tm) > 0)
		strbuf_addf(line, "%s", day);
}

void report_text_reused(char out[REPORT_TEXT_MAX], const struct report *report)
{
	struct strbuf line = strbuf_init(out, REPORT_TEXT_MAX);
	int64_t first = INT64_MAX, last = 0;
	size_t reused = 0, sweeps = 0;
	for (size_t i = 0; i < report->cells; i++) {
		int64_t when = report->cell[i].reused;
		sweeps += model_is_sweep(&report->cell[i]);
		reused += when != 0;
		first = when && when < first ? when : first;
		last = when > last ? when : last;
	}
	if (reused == 0)
		return;
	strbuf_addf(&line, "%zu of %zu sweep%s reused from ", reused, sweeps, plural(sweeps));
	add_day(&line, first);
	if (last - first >= 24 * 60 * 60) {
		strbuf_addf(&line, " to ");
		add_day(&line, last);
	}
	strbuf_addf(&line, ", same binaries; --fresh measures again.");
}

/* What took the budget, and what it would need to be. */
static void add_dropped(struct strbuf *line, const struct report *report, size_t dropped)
{
	const struct run_options *options = &report->options;
	if (dropped == 0)
		return;
	strbuf_addf(line, "Dropped, because the budget of %g s was exhausted: %zu of %zu cell%s",
		options->budget_s, dropped, report->cells, plural(report->cells));
	if (report->controls_ran && report->controls_s > options->budget_s / 2)
		strbuf_addf(line, "; the controls alone took %.1f s", report->controls_s);
	strbuf_addf(line, ". ");
}

void report_text_cut(char out[REPORT_TEXT_MAX], const struct report *report)
{
	struct mode_counts stress = count_mode(report, false), sweep = count_mode(report, true);
	struct strbuf line = strbuf_init(out, REPORT_TEXT_MAX);
	if (stress.cut > 0)
		strbuf_addf(&line, "Ended early, with fewer than %u trial%s: %zu of %zu cell%s. ",
			report->options.trials, plural(report->options.trials), stress.cut,
			stress.cells, plural(stress.cells));
	if (stress.missing > 0)
		strbuf_addf(&line, "Not run at all: %zu of %zu cell%s. ", stress.missing,
			stress.cells, plural(stress.cells));
	if (sweep.cut > 0)
		strbuf_addf(&line, "Swept in part only: %zu of %zu cell%s. ", sweep.cut,
			sweep.cells, plural(sweep.cells));
	if (sweep.missing > 0)
		strbuf_addf(&line, "Not swept at all: %zu of %zu cell%s. ", sweep.missing,
			sweep.cells, plural(sweep.cells));
	add_dropped(&line, report, stress.dropped + sweep.dropped);
	if (line.used > 0)
		strbuf_addf(
			&line, "For more, raise --budget, choose fewer cells, or add --thorough.");
}

void report_text_sampled(char out[REPORT_TEXT_MAX], const struct report *report)
{
	struct strbuf line = strbuf_init(out, REPORT_TEXT_MAX);
	uint64_t left_out = 0, points = 0;
	size_t sampled = 0, sweeps = 0;
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		if (!model_is_sweep(cell) || !cell->sweep.complete)
			continue;
		sweeps++;
		sampled += cell->sweep.left_out > 0;
		left_out += cell->sweep.left_out;
		points += cell->sweep.left_out > 0 ? cell->sweep.points : 0;
	}
	if (sampled > 0)
		strbuf_addf(&line,
			"Sampled in long runs of stores: %zu of %zu sweep%s, which left out "
			"%" PRIu64 " of their %" PRIu64 " fork points.",
			sampled, sweeps, plural(sweeps), left_out, points);
}

void report_text_shared_locks(char out[REPORT_TEXT_MAX], const struct report *report)
{
	struct strbuf line = strbuf_init(out, REPORT_TEXT_MAX);
	size_t shared = 0, sweeps = 0;
	for (size_t i = 0; i < report->cells; i++) {
		sweeps += model_is_sweep(&report->cell[i]);
		shared += report->cell[i].sweep.shared_lock;
	}
	if (shared > 0)
		strbuf_addf(&line,
			"A lock in shared memory: %zu of %zu sweeps. What one child does to it, "
			"the "
			"next child and the parent find, so the counts vary from sweep to sweep.",
			shared, sweeps);
}

static void add_number(struct strbuf *line, size_t begin, uint64_t number, const char *what)
{
	if (number > 0)
		strbuf_add_item(line, begin, ", ", "%" PRIu64 " %s", number, what);
}

void report_text_coverage(char out[REPORT_TEXT_MAX], const struct cell *sweep)
{
	const struct sweep *s = &sweep->sweep;
	const struct coverage *coverage = &s->coverage;
	struct strbuf line = strbuf_init(out, REPORT_TEXT_MAX);
	strbuf_addf(&line, "%u fork point%s", s->points, plural(s->points));
	if (s->points > 0 && s->tried == s->points) {
		strbuf_addf(&line, ", all tried,");
	} else if (s->points > 0) {
		strbuf_addf(&line, " (");

		size_t begin = line.used;

		add_number(&line, begin, s->tried, "tried");
		add_number(&line, begin, s->waited, "waited");
		add_number(&line, begin, s->left_out, "left out");
		strbuf_addf(&line, ")");
	}
	strbuf_addf(&line, " in %" PRIu64 " instruction%s%s; reached %u distinct one%s",
		s->instructions, plural(s->instructions),
		s->complete ? "" : " of a sequence that was not finished", coverage->instructions,
		plural(coverage->instructions));
	if (coverage->functions > 0)
		strbuf_addf(&line, " in %u function%s", coverage->functions,
			plural(coverage->functions));
	strbuf_addf(&line, ", %u system call%s", coverage->syscalls, plural(coverage->syscalls));
	if (coverage->syscalls > 0)
		strbuf_addf(&line, " of %u kind%s", coverage->calls, plural(coverage->calls));
}

void report_text_pid_changes(char out[REPORT_TEXT_MAX], const struct report *report)
{
	struct strbuf line = strbuf_init(out, REPORT_TEXT_MAX);
	uint64_t changes = 0, forks = 0;
	for (size_t i = 0; i < report->cells; i++) {
		changes += report->cell[i].pid_changes;
		forks += report->cell[i].pid_changes > 0 ? report->cell[i].trials : 0;
	}
	if (changes > 0)
		strbuf_addf(&line,
			"In %" PRIu64 " of %" PRIu64
			" forks of the scenarios that check it, a call into the allocator began in "
			"the parent and ended in the child (its pid changed).",
			changes, forks);
}

/* An earlier cell has the same allocator, or the same result of its audit. */
static bool is_repeated(const struct report *report, size_t index, bool of_allocator)
{
	const struct cell *cell = &report->cell[index];
	for (size_t i = 0; i < index; i++) {
		const struct cell *before = &report->cell[i];
		if (of_allocator ? strcmp(before->allocator, cell->allocator) == 0
				 : before->audited &&
					   audit_summary_same(&before->atfork, &cell->atfork))
			return true;
	}
	return false;
}

void report_text_atfork(char out[REPORT_TEXT_MAX], const struct report *report)
{
	struct strbuf line = strbuf_init(out, REPORT_TEXT_MAX);
	char sentence[MODEL_TEXT_MAX];
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		if (!cell->audited || is_repeated(report, i, false))
			continue;
		strbuf_addf(&line, "%s%s", line.used ? "; " : "atfork handlers: ", cell->allocator);
		for (size_t k = i + 1; k < report->cells; k++)
			if (report->cell[k].audited &&
				audit_summary_same(&report->cell[k].atfork, &cell->atfork) &&
				!is_repeated(report, k, true))
				strbuf_addf(&line, ", %s", report->cell[k].allocator);
		audit_text(sentence, sizeof(sentence), &cell->atfork);
		strbuf_addf(&line, ": %s", sentence);
	}
}

/* The first cell with a mitigation under this method, which runs no handlers. */
static bool is_first_without_handlers(const struct report *report, size_t index)
{
	const struct cell *cell = &report->cell[index];
	if (*cell->mitigation == '\0' || cell->method == METHOD_FORK)
		return false;
	for (size_t i = 0; i < index; i++)
		if (*report->cell[i].mitigation && report->cell[i].method == cell->method)
			return false;
	return true;
}

void report_text_no_mitigation(char out[REPORT_TEXT_MAX], const struct report *report)
{
	struct strbuf line = strbuf_init(out, REPORT_TEXT_MAX);
	char methods[FORMAT_MAX];
	struct strbuf names = strbuf_init(methods, sizeof(methods));
	for (size_t i = 0; i < report->cells; i++)
		if (is_first_without_handlers(report, i))
			strbuf_add_item(
				&names, 0, " and ", "%s", format_call(report->cell[i].method));
	if (names.used > 0)
		strbuf_addf(&line,
			"The cure has no effect under %s: it consists of atfork handlers, and none "
			"runs there.",
			methods);
}

void report_text_legend(char out[REPORT_TEXT_MAX], const struct report *report, bool utf8)
{
	bool sweep = count_mode(report, true).cells > 0, stress = count_mode(report, false).cells;
	struct strbuf line = strbuf_init(out, REPORT_TEXT_MAX);
	if (report->cells == 0)
		return;
	strbuf_addf(&line, "How to read a cell: the worst verdict [and its finding below], then ");
	if (sweep)
		strbuf_addf(&line, "bad of tested fork points. \"all\" means that the sweep "
				   "covered every fork "
				   "point of its sequence; other operations were not tested. ");
	if (stress)
		strbuf_addf(&line,
			"%s of random trials. \"%s 1 %%\" is an upper bound on the rate, "
			"with 95 %% confidence, where no trial was bad; it does not mean "
			"\"safe\".",
			sweep ? "Below it: bad" : "bad", utf8 ? "≤" : "<=");
}
