/* --format csv: RFC 4180, one line a cell and mode; what is not known is empty. Columns are only
 * ever added.
 */
#include "audit_text.h"
#include "csv.h"
#include "finding_text.h"
#include "format.h"
#include "run_print.h"
#include "shm_map.h"
#include "strbuf.h"
#include "tally.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>

enum csv_kind {
	CSV_TEXT,
	CSV_LINK,
	CSV_METHOD,
	CSV_MODE,
	CSV_NUMBER,
	CSV_LONG,
	CSV_SIZE,
	CSV_REAL,
	CSV_TRUTH,
	CSV_VERDICT,
	CSV_BAD,
	CSV_MITIGATION,
	CSV_WHY,
	CSV_FINDING,
	CSV_OWNER,
	CSV_ATFORK,
	CSV_ATFORK_SENTENCE,
	CSV_NOTES,
	CSV_FOREIGN, /* bad ones that are not held against the allocator */
	CSV_ORIGIN
};

/* Where a column is filled; else it is empty. */
enum csv_applicability {
	CSV_ALWAYS,
	CSV_IF_STRESS,
	CSV_IF_SWEEP,
	CSV_IF_FINDING, /* where the cell has one */
	CSV_IF_STRESS_FINDING,
	CSV_IF_SWEEP_FINDING,
	CSV_IF_AUDITED,
	CSV_IF_COST, /* where that was measured */
};

static const struct csv_column {
	const char *name;
	enum csv_kind kind;
	size_t offset; /* of the field in struct cell */
	enum csv_applicability where;
} columns[] = {
	{"allocator", CSV_TEXT, offsetof(struct cell, allocator), CSV_ALWAYS},
	{"version", CSV_TEXT, offsetof(struct cell, version), CSV_ALWAYS},
	{"link", CSV_LINK, 0, CSV_ALWAYS},
	{"scenario", CSV_TEXT, offsetof(struct cell, scenario), CSV_ALWAYS},
	{"method", CSV_METHOD, 0, CSV_ALWAYS},
	{"mode", CSV_MODE, 0, CSV_ALWAYS},
	{"verdict", CSV_VERDICT, 0, CSV_ALWAYS},
	{"bad", CSV_BAD, 0, CSV_ALWAYS},
	{"trials", CSV_NUMBER, offsetof(struct cell, trials), CSV_IF_STRESS},
	{"planned", CSV_NUMBER, offsetof(struct cell, planned), CSV_IF_STRESS},
	{"aimed", CSV_NUMBER, offsetof(struct cell, aimed), CSV_IF_STRESS},
	{"bad_rate", CSV_REAL, offsetof(struct cell, bad_rate), CSV_IF_STRESS},
	{"upper95", CSV_REAL, offsetof(struct cell, upper95), CSV_IF_STRESS},
	{"proven", CSV_NUMBER, offsetof(struct cell, proven), CSV_ALWAYS},
	{"ok", CSV_NUMBER, offsetof(struct cell, count[VERDICT_OK]), CSV_ALWAYS},
	{"deadlock", CSV_NUMBER, offsetof(struct cell, count[VERDICT_DEADLOCK]), CSV_ALWAYS},
	{"livelock", CSV_NUMBER, offsetof(struct cell, count[VERDICT_LIVELOCK]), CSV_ALWAYS},
	{"crash", CSV_NUMBER, offsetof(struct cell, count[VERDICT_CRASH]), CSV_ALWAYS},
	{"corruption", CSV_NUMBER, offsetof(struct cell, count[VERDICT_CORRUPTION]), CSV_ALWAYS},
	{"refused", CSV_NUMBER, offsetof(struct cell, count[VERDICT_REFUSED]), CSV_ALWAYS},
	{"parent-deadlock", CSV_NUMBER, offsetof(struct cell, count[VERDICT_PARENT_DEADLOCK]),
		CSV_ALWAYS},
	{"unknown", CSV_NUMBER, offsetof(struct cell, count[VERDICT_UNKNOWN]), CSV_ALWAYS},
	{"skipped", CSV_NUMBER, offsetof(struct cell, count[VERDICT_SKIPPED]), CSV_ALWAYS},
	{"broken", CSV_NUMBER, offsetof(struct cell, count[VERDICT_BROKEN]), CSV_ALWAYS},
	{"pid_changes", CSV_NUMBER, offsetof(struct cell, pid_changes), CSV_ALWAYS},
	{"seconds", CSV_REAL, offsetof(struct cell, seconds), CSV_ALWAYS},
	{"latency_median_ms", CSV_REAL, offsetof(struct cell, latency_median_ms), CSV_ALWAYS},
	{"latency_p99_ms", CSV_REAL, offsetof(struct cell, latency_p99_ms), CSV_ALWAYS},
	{"cut", CSV_TRUTH, offsetof(struct cell, cut), CSV_ALWAYS},
	{"why", CSV_WHY, 0, CSV_ALWAYS},
	{"trial", CSV_NUMBER, offsetof(struct cell, finding.trial), CSV_IF_STRESS_FINDING},
	{"finding", CSV_FINDING, 0, CSV_IF_FINDING},
	{"lock", CSV_TEXT, offsetof(struct cell, finding.lock), CSV_IF_FINDING},
	{"owner", CSV_OWNER, 0, CSV_IF_FINDING},
	{"command", CSV_TEXT, offsetof(struct cell, finding.command), CSV_IF_FINDING},
	{"points", CSV_NUMBER, offsetof(struct cell, sweep.points), CSV_IF_SWEEP},
	{"tried", CSV_NUMBER, offsetof(struct cell, sweep.tried), CSV_IF_SWEEP},
	{"waited", CSV_NUMBER, offsetof(struct cell, sweep.waited), CSV_IF_SWEEP},
	{"left_out", CSV_NUMBER, offsetof(struct cell, sweep.left_out), CSV_IF_SWEEP},
	{"instructions", CSV_LONG, offsetof(struct cell, sweep.instructions), CSV_IF_SWEEP},
	{"complete", CSV_TRUTH, offsetof(struct cell, sweep.complete), CSV_IF_SWEEP},
	{"windows", CSV_SIZE, offsetof(struct cell, sweep.windows), CSV_IF_SWEEP},
	{"windows_lost", CSV_NUMBER, offsetof(struct cell, sweep.windows_lost), CSV_IF_SWEEP},
	{"reach_instructions", CSV_NUMBER, offsetof(struct cell, sweep.coverage.instructions),
		CSV_IF_SWEEP},
	{"reach_functions", CSV_NUMBER, offsetof(struct cell, sweep.coverage.functions),
		CSV_IF_SWEEP},
	{"reach_syscalls", CSV_NUMBER, offsetof(struct cell, sweep.coverage.syscalls),
		CSV_IF_SWEEP},
	{"reach_calls", CSV_NUMBER, offsetof(struct cell, sweep.coverage.calls), CSV_IF_SWEEP},
	{"point", CSV_NUMBER, offsetof(struct cell, finding.trial), CSV_IF_SWEEP_FINDING},
	{"atfork", CSV_ATFORK, 0, CSV_IF_AUDITED},
	{"atfork_sentence", CSV_ATFORK_SENTENCE, 0, CSV_IF_AUDITED},
	{"cure", CSV_MITIGATION, offsetof(struct cell, mitigation), CSV_ALWAYS},
	{"operations_per_s", CSV_REAL, offsetof(struct cell, cost.with.operations_per_s),
		CSV_IF_COST},
	{"operations_per_s_without", CSV_REAL, offsetof(struct cell, cost.without.operations_per_s),
		CSV_IF_COST},
	{"fork_median_us", CSV_REAL, offsetof(struct cell, cost.with.fork_median_us), CSV_IF_COST},
	{"fork_median_us_without", CSV_REAL, offsetof(struct cell, cost.without.fork_median_us),
		CSV_IF_COST},
	{"fork_max_us", CSV_REAL, offsetof(struct cell, cost.with.fork_max_us), CSV_IF_COST},
	{"fork_max_us_without", CSV_REAL, offsetof(struct cell, cost.without.fork_max_us),
		CSV_IF_COST},
	{"examined", CSV_TRUTH, offsetof(struct cell, heap_checked), CSV_IF_STRESS},
	{"notes", CSV_NOTES, 0, CSV_IF_STRESS},
	{"not_allocators", CSV_FOREIGN, 0, CSV_ALWAYS},
	{"lock_origin", CSV_ORIGIN, 0, CSV_IF_FINDING},
	{"taken_by", CSV_TEXT, offsetof(struct cell, finding.taker), CSV_IF_FINDING},
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

/* All in one field. */
static void put_notes(FILE *out, const struct cell *cell)
{
	char text[CSV_FIELD_MAX] = "", damage[FINDING_TEXT_MAX];
	struct strbuf line = strbuf_init(text, sizeof(text));
	for (unsigned i = 0; i < cell->notes; i++) {
		finding_text_damage(damage, sizeof(damage), &cell->note[i]);
		strbuf_add_item(&line, 0, "; ", "%s", damage);
	}
	csv_text(out, text);
}

static void put_sentence(FILE *out, const struct cell *cell, enum csv_kind kind)
{
	char text[FINDING_TEXT_MAX];
	if (kind == CSV_WHY)
		finding_text_no_verdict(text, sizeof(text), cell);
	else if (kind == CSV_ATFORK)
		audit_text_brief(text, sizeof(text), &cell->atfork);
	else if (kind == CSV_ATFORK_SENTENCE)
		audit_text(text, sizeof(text), &cell->atfork);
	else if (kind == CSV_OWNER)
		finding_text_role(text, sizeof(text), &cell->finding.owner);
	else
		finding_text(text, sizeof(text), &cell->finding);
	csv_text(out, text);
}

static void put_real(FILE *out, double value)
{
	if (isfinite(value) && value >= 0)
		(void)fprintf(out, "%.9g", value);
}

static bool applies(enum csv_applicability where, const struct cell *cell)
{
	bool sweep = model_is_sweep(cell);
	switch (where) {
	case CSV_IF_STRESS:
		return !sweep;
	case CSV_IF_SWEEP:
		return sweep;
	case CSV_IF_FINDING:
		return cell->has_finding;
	case CSV_IF_STRESS_FINDING:
		return cell->has_finding && !sweep;
	case CSV_IF_SWEEP_FINDING:
		return cell->has_finding && sweep;
	case CSV_IF_AUDITED:
		return cell->audited;
	case CSV_IF_COST:
		return cell->cost.measured;
	default:
		return true;
	}
}

static void put_field(FILE *out, const struct csv_column *column, const struct cell *cell)
{
	const void *field = (const char *)cell + column->offset;
	if (!applies(column->where, cell))
		return;
	switch (column->kind) {
	case CSV_TEXT:
		csv_text(out, field);
		break;
	case CSV_MITIGATION:
		csv_text(out, *cell->mitigation ? cell->mitigation : "none");
		break;
	case CSV_NOTES:
		put_notes(out, cell);
		break;
	case CSV_LINK:
		csv_text(out, link_kind_name(cell->link));
		break;
	case CSV_WHY:
	case CSV_FINDING:
	case CSV_OWNER:
	case CSV_ATFORK:
	case CSV_ATFORK_SENTENCE:
		put_sentence(out, cell, column->kind);
		break;
	case CSV_METHOD:
		csv_text(out, fork_method_name(cell->method));
		break;
	case CSV_MODE:
		csv_text(out, cell_mode_name(cell->mode));
		break;
	case CSV_NUMBER:
		(void)fprintf(out, "%" PRIu32, *(const uint32_t *)field);
		break;
	case CSV_LONG:
		(void)fprintf(out, "%" PRIu64, *(const uint64_t *)field);
		break;
	case CSV_SIZE:
		(void)fprintf(out, "%zu", *(const size_t *)field);
		break;
	case CSV_REAL:
		put_real(out, *(const double *)field);
		break;
	case CSV_TRUTH:
		(void)fputs(*(const bool *)field ? "true" : "false", out);
		break;
	case CSV_VERDICT:
		if (cell_was_run(cell))
			(void)fputs(verdict_name(cell->verdict), out);
		break;
	case CSV_FOREIGN:
		(void)fprintf(out, "%" PRIu32, tally_foreign(cell));
		break;
	case CSV_ORIGIN:
		csv_text(out, lock_origin_name(cell->finding.lock_origin));
		break;
	case CSV_BAD:
		(void)fprintf(out, "%" PRIu32, tally_bad(cell));
		break;
	}
}

int run_print_csv(FILE *out, const struct report *report, const struct print_options *options)
{
	(void)options;
	for (size_t i = 0; i < COLUMNS; i++)
		(void)fprintf(out, "%s%s", i ? "," : "", columns[i].name);
	(void)fputs("\r\n", out);
	for (size_t row = 0; row < report->cells; row++) {
		for (size_t i = 0; i < COLUMNS; i++) {
			if (i > 0)
				(void)fputc(',', out);
			put_field(out, &columns[i], &report->cell[row]);
		}
		(void)fputs("\r\n", out);
	}
	return ferror(out) ? -EIO : 0;
}
