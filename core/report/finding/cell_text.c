/* The sentences of finding_text.h on whole cells. */
#include "finding_text.h"
#include "plural.h"
#include "shm_map.h"
#include "strbuf.h"

#include <inttypes.h>

static void add_skip(struct strbuf *line, const struct cell *cell)
{
	const struct skip *skip = &cell->skip;
	switch (skip->reason) {
	case SKIP_BUDGET:
		strbuf_addf(line, "budget exhausted before %s",
			cell->dropped          ? "its turn"
			: model_is_sweep(cell) ? "the first fork point"
					       : "the first trial");
		break;
	case SKIP_NO_TRACE_RIGHT:
		strbuf_addf(line, "%s", model_no_trace_right);
		break;
	case SKIP_NO_SEQUENCE:
		strbuf_addf(line, "the scenario has no sequence to sweep");
		break;
	case SKIP_POINT_UNREACHED:
		if (skip->number == 0) {
			strbuf_addf(line,
				"the sequence has no fork point: nothing that a child inherits "
				"changes");
			break;
		}
		strbuf_addf(line,
			"the sequence has only %" PRIu32 " fork points: choose --point 1 to "
			"%" PRIu32,
			skip->number, skip->number);
		break;
	case SKIP_POINT_WAITED:
		strbuf_addf(line,
			"fork() waits at point %" PRIu32 " until the stepped thread goes on, so no "
			"child is made there",
			skip->number);
		break;
	default:
		strbuf_addf(line, "%s", skip->text);
	}
}

void finding_text_no_verdict(char *out, size_t size, const struct cell *cell)
{
	struct strbuf line = strbuf_init(out, size);
	if (cell->verdict == VERDICT_SKIPPED)
		add_skip(&line, cell);
	else if (cell->verdict == VERDICT_BROKEN && cell->has_finding)
		finding_text(out, size, &cell->finding);
	else if (cell_nothing_changes(cell))
		strbuf_addf(&line, "0 fork points: nothing that a child inherits changes");
}

void finding_text_cell(char *out, size_t size, const struct cell *cell)
{
	if (cell->has_finding)
		finding_text(out, size, &cell->finding);
	else
		finding_text_no_verdict(out, size, cell);
}

void finding_text_control(char *out, size_t size, const struct control *control)
{
	struct strbuf line = strbuf_init(out, size);
	const char *method = fork_method_name(control->method);
	char finding[FINDING_TEXT_MAX] = "no child was judged";
	if (control->expected != VERDICT_OK) {
		strbuf_addf(&line, "%s under %s was not found %s in %" PRIu32 " trial%s",
			control->allocator, method, verdict_name(control->expected),
			control->trials, plural(control->trials));
		return;
	}
	if (control->has_finding)
		finding_text(finding, sizeof(finding), &control->finding);
	strbuf_addf(&line, "%s under %s is known to be good, but was found %s: %.300s",
		control->allocator, method, verdict_name(control->got), finding);
}

static double mib(uint64_t bytes)
{
	return (double)bytes / (1 << 20);
}

static void add_checker_reports(struct strbuf *line, const struct damage *damage)
{
	if (damage->count)
		strbuf_addf(line,
			"%s reported %" PRIu32 " error%s in %" PRIu32 " of %" PRIu32
			" processes (%s)",
			damage->name, damage->count, plural(damage->count), damage->affected,
			damage->total, damage->kinds);
	else
		strbuf_addf(line, "%s reported nothing in %" PRIu32 " %s", damage->name,
			damage->total, plural_of(damage->total, "process", "processes"));
}

void finding_text_damage(char *out, size_t size, const struct damage *damage)
{
	struct strbuf line = strbuf_init(out, size);
	switch (damage->kind) {
	case DAMAGE_DOUBLE_ALLOCATION:
		finding_text_double_blocks(&line, damage->count, damage->address);
		break;
	case DAMAGE_STRANDED_MEMORY:
		strbuf_addf(&line,
			"when its child had freed all of %.1f MiB, %.1f MiB stayed resident beyond "
			"a fresh process; %.1f MiB where the threads themselves freed it, without "
			"a fork",
			mib(damage->live), mib(damage->child), mib(damage->parent));
		break;
	case DAMAGE_LOST_THREADS:
		strbuf_addf(&line,
			"%" PRIu32 " of the allocator's %" PRIu32
			" background thread%s (%s) %s gone in the child, and no other thread does "
			"that work there",
			damage->count, damage->total, plural(damage->total),
			*damage->name ? damage->name : "nameless",
			damage->count == 1 ? "is" : "are");
		break;
	case DAMAGE_SHARED_LAYOUT:
		strbuf_addf(&line,
			"the heap layout differs from process to process, but is identical in all "
			"forked children, so one child's layout reveals the others'");
		break;
	default:
		add_checker_reports(&line, damage);
	}
}
