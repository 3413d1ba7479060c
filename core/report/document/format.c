#include "format.h"

#include "plural.h"
#include "result.h"
#include "strbuf.h"
#include "tally.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { VERSION_COLUMNS = 14 };

static const struct {
	const char *call, *description;
} methods[METHOD_COUNT] = {
	[METHOD_FORK] = {"fork()", "what programs call; the atfork handlers run"},
	[METHOD__FORK] = {"_Fork()",
		"no atfork handler runs; the difference to fork() is what the handlers achieve"},
	[METHOD_CLONE] = {"clone()",
		"the raw system call; no handler runs, and libc does not know of the fork"},
};

const char *format_call(enum fork_method method)
{
	return methods[method].call;
}

bool cell_was_run(const struct cell *cell)
{
	return cell->trials > 0 || cell->sweep.points > 0 || cell->verdict != VERDICT_OK ||
	       cell_nothing_changes(cell);
}

const char *format_verdict(const struct cell *cell)
{
	return cell_was_run(cell) ? verdict_name(cell->verdict) : "not run";
}

void format_percent(char *out, size_t size, double rate)
{
	double percent = 100 * rate;
	if (!(percent > 0) || percent >= 100) {
		(void)snprintf(out, size, "%d %%", percent > 0 ? 100 : 0);
		return;
	}

	int decimals = 1 - (int)floor(log10(percent)); /* up to the second digit */
	double unit = pow(10, -decimals);
	char number[64];
	size_t length;

	/* What a double is off by must not round up. */
	(void)snprintf(number, sizeof(number), "%.*f", decimals > 0 ? decimals : 0,
		ceil(percent / unit - 1e-9) * unit);
	length = strlen(number);
	while (decimals > 0 && number[length - 1] == '0')
		length--;
	length -= number[length - 1] == '.';
	(void)snprintf(out, size, "%.*s %%", (int)length, number);
}

void format_bound(char *out, size_t size, const struct cell *cell, bool utf8)
{
	char percent[32];
	format_percent(percent, sizeof(percent), cell->upper95);
	(void)snprintf(out, size, "%s %s", utf8 ? "≤" : "<=", percent);
}

/* "all" is said only of what is complete, and only where it matters: when nothing was found. */
static const char *sweep_extent(const struct cell *sweep)
{
	if (!sweep->sweep.complete)
		return ", in part";
	if (sweep->sweep.left_out > 0)
		return ", sampled";
	return result_sweep_complete(sweep) && tally_bad(sweep) == 0 ? ", all" : "";
}

void format_bad_counts(char *out, size_t size, const struct cell *cell)
{
	uint32_t points = result_points_tested(cell);
	*out = '\0';
	if (model_is_sweep(cell)) {
		if (cell_nothing_changes(cell))
			(void)snprintf(out, size, "0 fork points");
		else if (points > 0)
			(void)snprintf(out, size, "%u of %u point%s%s%s", tally_bad_points(cell),
				points, points == 1 ? "" : "s", sweep_extent(cell),
				cell->sweep.parent_bad ? ", and the parent" : "");
	} else if (cell->trials > 0) {
		(void)snprintf(out, size, "%u of %u", tally_bad(cell), cell->trials);
	}
}

/* The next verdict that occurred, from the worst on: of lesser severity than `than`. */
static int next_worst(const struct cell *cell, int than)
{
	int worst = -1;
	for (int v = 0; v < VERDICT_COUNT; v++) {
		int severity = verdict_severity((enum verdict)v);
		if (cell->count[v] > 0 && verdict_is_bad((enum verdict)v) && severity < than &&
			(worst < 0 || severity > verdict_severity((enum verdict)worst)))
			worst = v;
	}
	return worst;
}

static void add_proof(struct strbuf *line, const struct cell *cell)
{
	uint32_t hangs = cell->count[VERDICT_DEADLOCK] + cell->count[VERDICT_LIVELOCK] +
			 cell->count[VERDICT_PARENT_DEADLOCK];
	if (hangs == 0)
		return;
	if (cell->proven >= hangs)
		strbuf_addf(line, " (proven)");
	else if (cell->proven == 0)
		strbuf_addf(line, " (strong evidence, no proof)");
	else
		strbuf_addf(line, " (%u of %u proven)", cell->proven, hangs);
}

/* "deadlock in 37 of 400 trials", "deadlock at 44 of 952 points". */
static void add_worst(struct strbuf *line, const struct cell *cell, int verdict)
{
	const char *name = verdict_name((enum verdict)verdict);
	uint32_t points = result_points_tested(cell);
	if (model_is_sweep(cell))
		strbuf_addf(line, "%s at %u of %u point%s", name, cell->count[verdict], points,
			points == 1 ? "" : "s");
	else
		strbuf_addf(line, "%s in %u of %u trial%s", name, cell->count[verdict],
			cell->trials, plural(cell->trials));
}

void format_summary(char *out, size_t size, const struct cell *cell)
{
	struct strbuf line = strbuf_init(out, size);
	int verdict = next_worst(cell, verdict_severity(VERDICT_CORRUPTION) + 1);
	if (cell->trials == 0 || verdict < 0)
		strbuf_addf(&line, "%s", format_verdict(cell));
	else
		add_worst(&line, cell, verdict);
	while (cell->trials > 0 && verdict >= 0) {
		verdict = next_worst(cell, verdict_severity((enum verdict)verdict));
		if (verdict >= 0)
			strbuf_addf(&line, ", %s %s %u", verdict_name((enum verdict)verdict),
				model_is_sweep(cell) ? "at" : "in", cell->count[verdict]);
	}
	add_proof(&line, cell);
	if (cell->count[VERDICT_BROKEN] > 0 && cell->trials > 0)
		strbuf_addf(&line, "; %u more broken", cell->count[VERDICT_BROKEN]);
}

void format_windows(char *out, size_t size, const struct cell *sweep)
{
	size_t windows = sweep->sweep.windows + sweep->sweep.windows_lost;
	(void)snprintf(out, size, "%zu window%s", windows, windows == 1 ? "" : "s");
}

void format_cell(char *out, size_t size, const struct cell *cell)
{
	(void)snprintf(out, size, "%s / %s / %s", model_subject(cell), cell->scenario,
		format_call(cell->method));
}

void format_method(char *out, size_t size, enum fork_method method)
{
	(void)snprintf(out, size, "%s: %s", methods[method].call, methods[method].description);
}

static void add_variables(struct strbuf *line, const struct host_variable *variable, size_t count)
{
	for (size_t i = 0; i < count; i++)
		strbuf_addf(line, "%s%s=%s", i ? " " : "", variable[i].name, variable[i].value);
}

void format_environment(char *out, size_t size, const struct host *host)
{
	struct strbuf line = strbuf_init(out, size);
	if (host->variables > 0) {
		strbuf_addf(&line, "environment of every row: ");
		add_variables(&line, host->variable, host->variables);
	}
	if (host->removed > 0) {
		strbuf_addf(&line, "%sremoved from the environment: ", line.used ? "; " : "");
		add_variables(&line, host->removed_variable, host->removed);
		strbuf_addf(&line, " (a preload of an allocator is asked for with --preload)");
	}
}

void format_version(char *out, size_t size, const char *version)
{
	size_t length = strlen(version);
	if (length > VERSION_COLUMNS)
		length = strcspn(version, "- ");
	if (length > VERSION_COLUMNS)
		length = VERSION_COLUMNS;
	(void)snprintf(out, size, "%.*s", (int)length, version);
}

void format_time(char *out, size_t size, int64_t seconds)
{
	struct tm tm;
	time_t when = (time_t)seconds;
	if (!gmtime_r(&when, &tm) || strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		*out = '\0';
}
