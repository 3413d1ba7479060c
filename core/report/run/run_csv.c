/* --format csv: RFC 4180, one line a cell and mode; what is not known is empty. Columns are only
 * ever added.
 */
#include "format.h"
#include "printer.h"
#include "strbuf.h"
#include "utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

enum kind { TEXT, MODE, NUMBER, LONG, SIZE, REAL, TRUTH, VERDICT, BAD, CURE, NOTES };

/* Where a column is filled; else it is empty. */
enum where {
	ALWAYS,
	STRESS,
	SWEEP,
	FINDING, /* where the cell has one */
	STRESS_FINDING,
	SWEEP_FINDING,
	COST, /* where that was measured */
};

static const struct column {
	const char *name;
	enum kind kind;
	size_t offset; /* of the field in struct cell */
	enum where where;
} columns[] = {
	{"allocator", TEXT, offsetof(struct cell, allocator), ALWAYS},
	{"version", TEXT, offsetof(struct cell, version), ALWAYS},
	{"link", TEXT, offsetof(struct cell, link), ALWAYS},
	{"scenario", TEXT, offsetof(struct cell, scenario), ALWAYS},
	{"method", TEXT, offsetof(struct cell, method), ALWAYS},
	{"mode", MODE, 0, ALWAYS},
	{"verdict", VERDICT, 0, ALWAYS},
	{"bad", BAD, 0, ALWAYS},
	{"trials", NUMBER, offsetof(struct cell, trials), STRESS},
	{"planned", NUMBER, offsetof(struct cell, planned), STRESS},
	{"aimed", NUMBER, offsetof(struct cell, aimed), STRESS},
	{"bad_rate", REAL, offsetof(struct cell, bad_rate), STRESS},
	{"upper95", REAL, offsetof(struct cell, upper95), STRESS},
	{"proven", NUMBER, offsetof(struct cell, proven), ALWAYS},
	{"ok", NUMBER, offsetof(struct cell, count[VERDICT_OK]), ALWAYS},
	{"deadlock", NUMBER, offsetof(struct cell, count[VERDICT_DEADLOCK]), ALWAYS},
	{"livelock", NUMBER, offsetof(struct cell, count[VERDICT_LIVELOCK]), ALWAYS},
	{"crash", NUMBER, offsetof(struct cell, count[VERDICT_CRASH]), ALWAYS},
	{"corruption", NUMBER, offsetof(struct cell, count[VERDICT_CORRUPTION]), ALWAYS},
	{"refused", NUMBER, offsetof(struct cell, count[VERDICT_REFUSED]), ALWAYS},
	{"parent-deadlock", NUMBER, offsetof(struct cell, count[VERDICT_PARENT_DEADLOCK]), ALWAYS},
	{"unknown", NUMBER, offsetof(struct cell, count[VERDICT_UNKNOWN]), ALWAYS},
	{"skipped", NUMBER, offsetof(struct cell, count[VERDICT_SKIPPED]), ALWAYS},
	{"broken", NUMBER, offsetof(struct cell, count[VERDICT_BROKEN]), ALWAYS},
	{"pid_changes", NUMBER, offsetof(struct cell, pid_changes), ALWAYS},
	{"seconds", REAL, offsetof(struct cell, seconds), ALWAYS},
	{"latency_median_ms", REAL, offsetof(struct cell, latency_median_ms), ALWAYS},
	{"latency_p99_ms", REAL, offsetof(struct cell, latency_p99_ms), ALWAYS},
	{"cut", TRUTH, offsetof(struct cell, cut), ALWAYS},
	{"why", TEXT, offsetof(struct cell, why), ALWAYS},
	{"trial", NUMBER, offsetof(struct cell, finding.trial), STRESS_FINDING},
	{"finding", TEXT, offsetof(struct cell, finding.sentence), FINDING},
	{"lock", TEXT, offsetof(struct cell, finding.lock), FINDING},
	{"owner", TEXT, offsetof(struct cell, finding.owner), FINDING},
	{"command", TEXT, offsetof(struct cell, finding.command), FINDING},
	{"points", NUMBER, offsetof(struct cell, sweep.points), SWEEP},
	{"tried", NUMBER, offsetof(struct cell, sweep.tried), SWEEP},
	{"waited", NUMBER, offsetof(struct cell, sweep.waited), SWEEP},
	{"left_out", NUMBER, offsetof(struct cell, sweep.left_out), SWEEP},
	{"instructions", LONG, offsetof(struct cell, sweep.instructions), SWEEP},
	{"complete", TRUTH, offsetof(struct cell, sweep.complete), SWEEP},
	{"windows", SIZE, offsetof(struct cell, sweep.windows), SWEEP},
	{"windows_lost", NUMBER, offsetof(struct cell, sweep.windows_lost), SWEEP},
	{"reach_instructions", NUMBER, offsetof(struct cell, sweep.reach.instructions), SWEEP},
	{"reach_functions", NUMBER, offsetof(struct cell, sweep.reach.functions), SWEEP},
	{"reach_syscalls", NUMBER, offsetof(struct cell, sweep.reach.syscalls), SWEEP},
	{"reach_calls", NUMBER, offsetof(struct cell, sweep.reach.calls), SWEEP},
	{"point", NUMBER, offsetof(struct cell, finding.trial), SWEEP_FINDING},
	{"atfork", TEXT, offsetof(struct cell, atfork), ALWAYS},
	{"atfork_sentence", TEXT, offsetof(struct cell, atfork_sentence), ALWAYS},
	{"cure", CURE, offsetof(struct cell, cure), ALWAYS},
	{"operations_per_s", REAL, offsetof(struct cell, cost.with.operations_per_s), COST},
	{"operations_per_s_without", REAL, offsetof(struct cell, cost.without.operations_per_s),
		COST},
	{"fork_median_us", REAL, offsetof(struct cell, cost.with.fork_median_us), COST},
	{"fork_median_us_without", REAL, offsetof(struct cell, cost.without.fork_median_us), COST},
	{"fork_max_us", REAL, offsetof(struct cell, cost.with.fork_max_us), COST},
	{"fork_max_us_without", REAL, offsetof(struct cell, cost.without.fork_max_us), COST},
	{"examined", TRUTH, offsetof(struct cell, examined), STRESS},
	{"notes", NOTES, 0, STRESS},
};
enum { FIELD_MAX = NOTE_KINDS * MODEL_TEXT_MAX }; /* bytes of the longest: all notes */
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static void put_text(FILE *out, const char *text)
{
	char clean[FIELD_MAX];

	utf8_clean(clean, sizeof(clean), text, true);
	if (!strpbrk(clean, ",\"")) {
		(void)fputs(clean, out);
		return;
	}
	(void)fputc('"', out);
	for (const char *c = clean; *c; c++) {
		if (*c == '"')
			(void)fputc('"', out);
		(void)fputc(*c, out);
	}
	(void)fputc('"', out);
}

/* All in one field. */
static void put_notes(FILE *out, const struct cell *cell)
{
	char text[FIELD_MAX] = "";
	struct line line = line_in(text, sizeof(text));

	for (unsigned i = 0; i < cell->notes; i++)
		line_add_item(&line, 0, "; ", "%s", cell->note[i].text);
	put_text(out, text);
}

static void put_real(FILE *out, double value)
{
	if (isfinite(value) && value >= 0)
		(void)fprintf(out, "%.9g", value);
}

static bool applies(enum where where, const struct cell *cell)
{
	bool sweep = model_is_sweep(cell);

	switch (where) {
	case STRESS:
		return !sweep;
	case SWEEP:
		return sweep;
	case FINDING:
		return cell->has_finding;
	case STRESS_FINDING:
		return cell->has_finding && !sweep;
	case SWEEP_FINDING:
		return cell->has_finding && sweep;
	case COST:
		return cell->cost.measured;
	default:
		return true;
	}
}

static void put_field(FILE *out, const struct column *column, const struct cell *cell)
{
	const void *field = (const char *)cell + column->offset;

	if (!applies(column->where, cell))
		return;
	switch (column->kind) {
	case TEXT:
		put_text(out, field);
		break;
	case CURE:
		put_text(out, *cell->cure ? cell->cure : "none");
		break;
	case NOTES:
		put_notes(out, cell);
		break;
	case MODE:
		put_text(out, cell->mode ? cell->mode : "");
		break;
	case NUMBER:
		(void)fprintf(out, "%" PRIu32, *(const uint32_t *)field);
		break;
	case LONG:
		(void)fprintf(out, "%" PRIu64, *(const uint64_t *)field);
		break;
	case SIZE:
		(void)fprintf(out, "%zu", *(const size_t *)field);
		break;
	case REAL:
		put_real(out, *(const double *)field);
		break;
	case TRUTH:
		(void)fputs(*(const bool *)field ? "true" : "false", out);
		break;
	case VERDICT:
		if (word_was_run(cell))
			(void)fputs(verdict_name(cell->verdict), out);
		break;
	case BAD:
		(void)fprintf(out, "%" PRIu32, word_bad(cell));
		break;
	}
}

static int print(FILE *out, const struct report *report, const struct print_options *options)
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

const struct printer printer_csv = {
	.name = "csv",
	.summary = "one line a cell and mode, for spreadsheets",
	.print = print,
};
