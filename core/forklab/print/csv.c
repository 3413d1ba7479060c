/* --format csv: RFC 4180, one line a cell; what is not known is empty. Columns are only ever added.
 */
#include "print/print.h"
#include "print/utf8.h"
#include "print/wording.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

enum kind { TEXT, MODE, NUMBER, REAL, TRUTH, VERDICT, BAD };

static const struct column {
	const char *name;
	enum kind kind;
	size_t offset;   /* of the field in struct cell */
	bool of_finding; /* empty where the cell has none */
} columns[] = {
	{"allocator", TEXT, offsetof(struct cell, allocator), false},
	{"version", TEXT, offsetof(struct cell, version), false},
	{"link", TEXT, offsetof(struct cell, link), false},
	{"scenario", TEXT, offsetof(struct cell, scenario), false},
	{"method", TEXT, offsetof(struct cell, method), false},
	{"mode", MODE, 0, false},
	{"verdict", VERDICT, 0, false},
	{"bad", BAD, 0, false},
	{"trials", NUMBER, offsetof(struct cell, trials), false},
	{"planned", NUMBER, offsetof(struct cell, planned), false},
	{"aimed", NUMBER, offsetof(struct cell, aimed), false},
	{"bad_rate", REAL, offsetof(struct cell, bad_rate), false},
	{"upper95", REAL, offsetof(struct cell, upper95), false},
	{"proven", NUMBER, offsetof(struct cell, proven), false},
	{"ok", NUMBER, offsetof(struct cell, count[VERDICT_OK]), false},
	{"deadlock", NUMBER, offsetof(struct cell, count[VERDICT_DEADLOCK]), false},
	{"livelock", NUMBER, offsetof(struct cell, count[VERDICT_LIVELOCK]), false},
	{"crash", NUMBER, offsetof(struct cell, count[VERDICT_CRASH]), false},
	{"corruption", NUMBER, offsetof(struct cell, count[VERDICT_CORRUPTION]), false},
	{"refused", NUMBER, offsetof(struct cell, count[VERDICT_REFUSED]), false},
	{"parent-deadlock", NUMBER, offsetof(struct cell, count[VERDICT_PARENT_DEADLOCK]), false},
	{"unknown", NUMBER, offsetof(struct cell, count[VERDICT_UNKNOWN]), false},
	{"skipped", NUMBER, offsetof(struct cell, count[VERDICT_SKIPPED]), false},
	{"broken", NUMBER, offsetof(struct cell, count[VERDICT_BROKEN]), false},
	{"pid_changes", NUMBER, offsetof(struct cell, pid_changes), false},
	{"seconds", REAL, offsetof(struct cell, seconds), false},
	{"latency_median_ms", REAL, offsetof(struct cell, latency_median_ms), false},
	{"latency_p99_ms", REAL, offsetof(struct cell, latency_p99_ms), false},
	{"cut", TRUTH, offsetof(struct cell, cut), false},
	{"why", TEXT, offsetof(struct cell, why), false},
	{"trial", NUMBER, offsetof(struct cell, finding.trial), true},
	{"finding", TEXT, offsetof(struct cell, finding.sentence), true},
	{"lock", TEXT, offsetof(struct cell, finding.lock), true},
	{"owner", TEXT, offsetof(struct cell, finding.owner), true},
	{"command", TEXT, offsetof(struct cell, finding.command), true},
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static void put_text(FILE *out, const char *text)
{
	char clean[MODEL_TEXT_MAX];

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

static void put_real(FILE *out, double value)
{
	if (isfinite(value) && value >= 0)
		(void)fprintf(out, "%.9g", value);
}

static void put_field(FILE *out, const struct column *column, const struct cell *cell)
{
	const void *field = (const char *)cell + column->offset;

	if (column->of_finding && !cell->has_finding)
		return;
	switch (column->kind) {
	case TEXT:
		put_text(out, field);
		break;
	case MODE:
		put_text(out, cell->mode ? cell->mode : "");
		break;
	case NUMBER:
		(void)fprintf(out, "%" PRIu32, *(const uint32_t *)field);
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
	.summary = "one line a cell, for spreadsheets",
	.print = print,
};
