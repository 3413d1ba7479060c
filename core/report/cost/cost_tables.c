#include "cost_print.h"

#include "format.h"
#include "plural.h"
#include "strbuf.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Values ---- */

static const struct unit_scale {
	double factor; /* from one unit to the next */
	const char *unit[6];
} scales[] = {
	[COST_NS] = {1000, {"ns", "µs", "ms", "s"}},
	[COST_BYTES] = {1024, {"B", "KiB", "MiB", "GiB", "TiB"}},
	[COST_NUMBER] = {1000, {""}},
	[COST_PER_SECOND] = {1000, {"/s", "k/s", "M/s", "G/s"}},
	[COST_RATIO] = {1000, {""}},
};

/* Three digits; a whole number of the smallest unit has no fraction. */
static int decimals(double value, bool smallest)
{
	if (value >= 99.95 || (smallest && value == floor(value)))
		return 0;
	return value >= 9.995 ? 1 : 2;
}

void cost_format_value(char *out, size_t size, double value, enum cost_unit unit)
{
	const struct unit_scale *scale = &scales[unit];
	size_t step = 0;
	while (value >= 999.5 && scale->unit[step + 1]) {
		value /= scale->factor;
		step++;
	}
	(void)snprintf(out, size, "%.*f%s%s", decimals(value, step == 0), value,
		*scale->unit[step] ? " " : "", scale->unit[step]);
}

void cost_format_estimate(char *out, size_t size, const struct cost_estimate *estimate,
	enum cost_unit unit, bool spread)
{
	double most = fmax(estimate->high - estimate->value, estimate->value - estimate->low);
	struct strbuf line = strbuf_init(out, size);
	char value[64];
	if (isnan(estimate->value)) {
		strbuf_addf(&line, "-");
		return;
	}
	cost_format_value(value, sizeof(value), estimate->value, unit);
	strbuf_addf(&line, "%s", value);
	if (spread && estimate->rounds > 1 && estimate->value > 0)
		strbuf_addf(&line, " ±%.0f %%", 100 * most / estimate->value);
}

/* ---- Names ---- */

const char *cost_reason_text(enum cost_reason reason)
{
	static const char *const texts[COST_REASONS] = {
		[COST_WHY_NONE] = "",
		[COST_WHY_NOT_MEASURED] = "not measured",
		[COST_WHY_NOT_IN_FILE] = "the file does not have it",
		[COST_WHY_NO_FORK_ENDED] = "no fork finished",
		[COST_WHY_NO_HANDLERS] = "this fork method runs no handlers",
		[COST_WHY_NOT_OUTERMOST] =
			"no handler can be registered before the allocator's here",
		[COST_WHY_NO_CALL] = "no call was observed",
		[COST_WHY_NO_THREADS] = "there are no background threads",
		[COST_WHY_NO_CHILD_ENDED] = "no child finished",
		[COST_WHY_NO_ROLLUP] = "the kernel has no /proc/PID/smaps_rollup",
		[COST_WHY_SEARCH_NOT_ENDED] =
			"the process that searches for lost blocks did not finish",
		[COST_WHY_NO_SNAPSHOT] = "no snapshot finished",
		[COST_WHY_NO_REQUEST] = "no request was observed",
		[COST_WHY_NO_ANSWER] = "no request was answered",
		[COST_WHY_SERVER_NOT_ENDED] = "the server did not finish",
		[COST_WHY_NO_SNAPSHOT_SERVER] = "no snapshot server was run (--server snapshot)",
		[COST_WHY_NO_PREFORK_SERVER] = "no prefork server was run (--server prefork)",
		[COST_WHY_NO_POOL_SERVER] = "no pool server was run (--server pool)",
		[COST_WHY_NO_INSTRUMENT] = "the runner did not measure it",
	};
	return texts[reason];
}

static bool same_row(const struct cost_cell *one, const struct cost_cell *other)
{
	return one->threads == other->threads && one->heap_bytes == other->heap_bytes &&
	       one->huge == other->huge;
}

void cost_failure_text(char *out, size_t size, const struct cost_cell *cell)
{
	if (cell->wrong_record)
		(void)snprintf(out, size,
			"corruption: the snapshot is not what the heap was at the fork, from "
			"record %" PRIu64 " on",
			cell->wrong_record - 1);
	else if (cell->wrong)
		(void)snprintf(out, size,
			"corruption: %" PRIu64 " answer%s of the server had wrong bytes",
			cell->wrong, plural(cell->wrong));
	else if (cell->cut)
		(void)snprintf(out, size,
			"%" PRIu64 " answer%s of the server ended early: the child that served "
			"was gone",
			cell->cut, plural(cell->cut));
	else
		(void)snprintf(out, size, "%s", cell->why);
}

void cost_late_text(char *out, size_t size, const struct cost_cell *cell)
{
	(void)snprintf(out, size, "%" PRIu64 " answer%s came after more than %d s", cell->late,
		plural(cell->late), COST_LATE_S);
}

struct cost_layout cost_layout(const struct cost_report *report)
{
	struct cost_layout layout = {0};
	while (layout.columns < report->cells &&
		same_row(&report->cell[0], &report->cell[layout.columns]))
		layout.columns++;
	if (layout.columns)
		layout.rows = report->cells / layout.columns;
	return layout;
}

uint32_t cost_most_rounds(const struct cost_report *report)
{
	uint32_t most = 0;
	for (size_t i = 0; i < report->cells; i++)
		most = report->cell[i].rounds > most ? report->cell[i].rounds : most;
	return most;
}

const struct cost_cell *cost_cell_at(const struct cost_report *report, size_t row, size_t column)
{
	return &report->cell[row * cost_layout(report).columns + column];
}

void cost_format_column(char *out, size_t size, const struct cost_report *report, size_t column)
{
	const struct cost_cell *cell = &report->cell[column];
	bool methods = false;
	for (size_t i = 1; i < report->cells; i++)
		methods |= report->cell[i].method != report->cell[0].method;
	(void)snprintf(out, size, "%s%s%s", cell->allocator, methods ? " " : "",
		methods ? format_call(cell->method) : "");
}

void cost_format_heap(char *out, size_t size, const struct cost_cell *cell)
{
	char bytes[32];
	cost_format_value(bytes, sizeof(bytes), (double)cell->heap_bytes, COST_BYTES);
	(void)snprintf(out, size, "%s%s", bytes, cell->huge ? ", huge pages" : "");
}
