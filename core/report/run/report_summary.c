#include "report_summary.h"

#include "consequence.h"
#include "environment.h"
#include "finding_text.h"
#include "plural.h"
#include "report_query.h"
#include "result.h"
#include "shm_map.h"
#include "strbuf.h"
#include "tally.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SENTENCES_MAX = 10 };

__attribute__((format(printf, 2, 3))) static void add_sentence(
	struct report *report, const char *format, ...)
{
	if (report->notes == SENTENCES_MAX)
		return;
	va_list args;
	struct strbuf line = strbuf_init(report->note[report->notes++], MODEL_TEXT_MAX);
	va_start(args, format);
	strbuf_addv(&line, format, args);
	va_end(args);
}

/* Children did hang, on locks that are not the allocator's. */
#define OF_ITS_OWN " of the allocator's own"

static void add_clean_complete(struct report *report, enum fork_method method)
{
	char clean[MODEL_TEXT_MAX / 2], forks[64] = "";
	struct tested_totals tested_totals = query_totals(report, method, query_is_clean_complete);
	if (!query_subject_names(report, method, query_is_clean_complete, clean, sizeof(clean)))
		return;
	if (tested_totals.forks)
		snprintf(forks, sizeof(forks), " and %" PRIu64 " random fork%s",
			tested_totals.forks, plural(tested_totals.forks));
	add_sentence(report,
		"Under %s() nothing bad%s was found in %s: all %" PRIu64
		" fork point%s of the sweeps%s. This covers the operations that were swept.",
		fork_method_name(method), tested_totals.foreign ? OF_ITS_OWN : "", clean,
		tested_totals.points, plural(tested_totals.points), forks);
}

static void add_clean_partial(struct report *report, enum fork_method method)
{
	char clean[MODEL_TEXT_MAX / 2], points[96] = "";
	struct tested_totals tested_totals = query_totals(report, method, query_is_clean_partial);
	if (!query_subject_names(report, method, query_is_clean_partial, clean, sizeof(clean)))
		return;
	if (tested_totals.points)
		snprintf(points, sizeof(points),
			", in sweeps that did not cover everything (%" PRIu64 " fork point%s)",
			tested_totals.points, plural(tested_totals.points));
	add_sentence(report, "Under %s() nothing bad%s was seen in %s%s. %s",
		fork_method_name(method), tested_totals.foreign ? OF_ITS_OWN : "", clean, points,
		tested_totals.forks ? "The table shows the upper bound on the rate; it is not zero."
				    : "That is not proof of safety.");
}

static void add_clean(struct report *report, enum fork_method method)
{
	add_clean_complete(report, method);
	add_clean_partial(report, method);
}

/* Those of allocators that programs use come first; tools and teaching allocators after them. */
static void add_bad(struct report *report, enum fork_method method)
{
	const struct cell *first[QUERY_SUBJECTS_MAX];
	size_t count = query_subjects(report, method, query_is_bad, first);
	/* Leaves room for what comes after: two sentences and the command. */
	for (size_t i = 0; i < count && report->notes < SENTENCES_MAX - 3; i++) {
		const struct cell *worst =
			query_worst_cell(report, model_subject(first[i]), method);
		uint32_t points =
			model_is_sweep(worst) ? result_points_tested(worst) : worst->trials;
		add_sentence(report, "%s's %s under %s() (worst in %s: %u of %u %s bad).",
			model_subject(worst), consequence(worst), fork_method_name(method),
			worst->scenario, tally_held_points(worst), points,
			model_is_sweep(worst) ? plural_of(points, "fork point", "fork points")
					      : plural_of(points, "trial", "trials"));
	}
}

static bool has_mitigations(const struct report *report)
{
	for (size_t i = 0; i < report->cells; i++)
		if (*report->cell[i].mitigation)
			return true;
	return false;
}

/* The allocators that fail under _Fork() but not under fork() show what atfork handlers achieve. */
static void add_handlers(struct report *report)
{
	bool mitigations = has_mitigations(report);
	char clean[MODEL_TEXT_MAX / 4], bad[MODEL_TEXT_MAX / 4];
	if (!query_has_method(report, METHOD_FORK) || !query_has_method(report, METHOD__FORK))
		return;
	unsigned without =
		query_subject_names(report, METHOD__FORK, query_is_bad, bad, sizeof(bad));
	unsigned with =
		query_subject_names(report, METHOD_FORK, query_is_bad, clean, sizeof(clean));
	if (without > with)
		add_sentence(report,
			"_Fork() runs no atfork handlers: %u %s%s under it (%s), %u under "
			"fork(). The handlers make that difference%s.",
			without, mitigations ? "row" : "allocator",
			plural_of(without, " fails", "s fail"), bad, with,
			mitigations ? ", including those of the cure" : "");
}

static bool shows_foreign_lock(const struct cell *cell)
{
	return cell && cell->has_finding && finding_is_foreign(&cell->finding);
}

static bool hangs_on_foreign_lock(const struct cell *cell)
{
	return cell && tally_foreign(cell) > 0;
}

static void add_foreign_locks(struct report *report)
{
	const struct finding *shown = NULL;
	char lock[MODEL_TEXT_MAX / 2] = "a lock";
	unsigned count = 0;
	for (size_t i = 0; i < report->results.count; i++) {
		const struct result *result = &report->results.result[i];
		count += hangs_on_foreign_lock(result->sweep) ||
			 hangs_on_foreign_lock(result->stress);
		if (!shown && shows_foreign_lock(result->sweep))
			shown = &result->sweep->finding;
		else if (!shown && shows_foreign_lock(result->stress))
			shown = &result->stress->finding;
	}
	if (shown)
		finding_text_lock(lock, sizeof(lock), shown);
	if (count > 0)
		add_sentence(report,
			"In %u cell%s the child hung on %s, which is not the allocator's: no other "
			"allocator prevents that.",
			count, plural(count), lock);
}

/* Which cell to reproduce first: fork() before other methods, a sweep before random trials. */
static int reproduce_priority(const struct cell *cell)
{
	bool sweep = model_is_sweep(cell) && cell->has_finding && cell->finding.command[0];
	return 2 * (cell->method == METHOD_FORK) + sweep;
}

static void add_next_command(struct report *report)
{
	char prefix[MODEL_TEXT_MAX / 2];
	const struct cell *best = NULL;
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		if (query_blames_allocator(cell) &&
			(!best || reproduce_priority(cell) > reproduce_priority(best)))
			best = cell;
	}
	/* A stress cell is repeated by its name, unless only --preload or a file makes that name
	 * known. */
	bool whole = best && best->has_finding &&
		     (best->link == LINK_PRELOAD || best->scenario_from_file);
	environment_prefix(prefix, sizeof(prefix), environ);
	if (best && (whole || reproduce_priority(best) % 2))
		add_sentence(report, "To reproduce one of them: %.700s", best->finding.command);
	else if (best)
		add_sentence(report, "To reproduce one of them: %sforklab %s -a %s -s %s -m %s%s%s",
			prefix, model_is_sweep(best) ? "sweep" : "stress", best->allocator,
			best->scenario, fork_method_name(best->method),
			*best->mitigation ? " --cure " : "", best->mitigation);
	else if (report->cells)
		add_sentence(report, "For a longer search: forklab run --thorough");
}

/* Once for each allocator: its rows share it. */
static bool alignment_is_told(const struct report *report, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(report->cell[i].allocator, report->cell[index].allocator) == 0)
			return true;
	return false;
}

/* What is so without a fork is no verdict. */
static void add_alignments(struct report *report)
{
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		unsigned kind = 0;
		while (kind < ALIGNMENT_KINDS && !cell->alignment[kind].actual)
			kind++;
		if (kind == ALIGNMENT_KINDS || alignment_is_told(report, i))
			continue;
		add_sentence(report,
			"%s misaligns blocks, also without any fork: a block of %" PRIu64
			" bytes from %s is %" PRIu32 "-aligned, not %" PRIu32
			"-aligned. That is not counted in the table.",
			cell->allocator, cell->alignment[kind].size,
			kind == ALIGNMENT_MALLOC ? "malloc" : "aligned_alloc",
			cell->alignment[kind].actual, cell->alignment[kind].required);
	}
}

int report_summary_write(struct report *report)
{
	report->note = calloc(SENTENCES_MAX, sizeof(*report->note));
	if (!report->note)
		return -ENOMEM;
	if (query_has_method(report, METHOD_FORK)) {
		add_clean(report, METHOD_FORK);
		add_bad(report, METHOD_FORK);
	} else if (report->cells) {
		add_clean(report, report->cell[0].method);
		add_bad(report, report->cell[0].method);
	}
	add_handlers(report);
	add_foreign_locks(report);
	add_alignments(report);
	/* The last two sentences are reserved for these. */
	if (report->notes > SENTENCES_MAX - 2)
		report->notes = SENTENCES_MAX - 2;
	add_next_command(report);
	return 0;
}
