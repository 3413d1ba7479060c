#include "cost_print.h"

#include "format.h"
#include "strbuf.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const struct cost_table cost_tables[] = {
	{"fork(): how long its caller waits",
		"The threads work meanwhile. \"First\" is the first fork() of a process that has "
		"just "
		"written its whole heap.",
		false,
		{{{"", COST_FORK_P50, true}},
			{{"p99 ", COST_FORK_P99, false}, {"max ", COST_FORK_MAX, false}},
			{{"first ", COST_FORK_FIRST, false}}}},
	{"Where that time goes",
		"Medians. A bare fork is _Fork(), made in turn with the others: no handler runs, "
		"and "
		"libc does no more than it must.",
		false,
		{{{"prepare ", COST_FORK_PREPARE, false}, {"parent ", COST_FORK_PARENT, false}},
			{{"kernel, libc ", COST_FORK_KERNEL_AND_LIBC, false}},
			{{"bare fork ", COST_BARE_FORK_P50, false}}}},
	{"The stall of the others: the longest malloc() or free() of a background thread",
		"Around a fork, from its call to the end of its child, which ends at once: the "
		"median of all forks, the longest of all, and the p99 of all calls; against the "
		"same threads without forks.",
		false,
		{{{"", COST_STALL_P50, true}, {"max ", COST_STALL_MAX, false}},
			{{"p99 ", COST_STALL_P99, false}},
			{{"without max ", COST_CALM_MAX, false}, {"p99 ", COST_CALM_P99, false}}}},
	{"The background without forks: calls of all threads together",
		"Without threads: of the main thread.", false, {{{"", COST_CALL_RATE, true}}}},
	{"The child: time and page faults",
		"Of its first allocation, of its first thousand, and of freeing a thousand blocks "
		"of "
		"the parent's (all, if there are fewer).",
		false,
		{{{"handlers ", COST_HANDLERS_TIME, false}},
			{{"first ", COST_FIRST_TIME, true}, {"faults ", COST_FIRST_FAULTS, false}},
			{{"1000 ", COST_FULL_TIME, true}, {"faults ", COST_FULL_FAULTS, false}},
			{{"frees ", COST_FREED_TIME, true},
				{"faults ", COST_FREED_FAULTS, false}}}},
	{"Copied pages: memory that became private and dirty",
		"In the child by the allocator's handlers alone, by one allocation, by a thousand, "
		"by "
		"freeing a thousand inherited blocks; in the parent by replacing a thousand blocks "
		"while a child lives.",
		false,
		{{{"handlers ", COST_HANDLERS_COPY, false}, {"first ", COST_FIRST_COPY, false}},
			{{"1000 ", COST_FULL_COPY, true}}, {{"frees ", COST_FREED_COPY, true}},
			{{"parent ", COST_PARENT_COPY, true}}}},
	{"What dead threads leave behind",
		"Blocks that the parent's threads have freed, and that the child does not get "
		"again "
		"however much it allocates; nor when it starts as many threads; and the same in "
		"the "
		"parent once the old threads have ended.",
		false,
		{{{"", COST_STRANDED, false}, {"of ", COST_CACHED_BYTES, false}},
			{{"with new threads ", COST_STRANDED_DESPITE_THREADS, false}},
			{{"after their end ", COST_STRANDED_AFTER_EXIT, false}}}},
	{"Memory of parent and 8 children together (PSS)",
		"The parent alone; 8 children just forked; each has made a thousand allocations; "
		"and "
		"freed a thousand inherited blocks; the parent has replaced a thousand.",
		false,
		{{{"alone ", COST_MEMORY(COST_MOMENT_NO_CHILD, COST_ALL_PSS), false}},
			{{"forked ", COST_MEMORY(COST_MOMENT_FORKED, COST_ALL_PSS), false},
				{"allocated ", COST_MEMORY(COST_MOMENT_ALLOCATED, COST_ALL_PSS),
					false}},
			{{"freed ", COST_MEMORY(COST_MOMENT_FREED, COST_ALL_PSS), false},
				{"parent on ", COST_MEMORY(COST_MOMENT_PARENT_WROTE, COST_ALL_PSS),
					false}}}},
	{"The snapshot server: a heap that changes while a child writes it to a file",
		"fork() in the server; the longest of its requests while the child wrote, and the "
		"p99, each counted from when it was due; against the same without a child; how "
		"long "
		"the child took, and what memory all of it took in addition. Every byte of the "
		"file "
		"was compared with what it must be.",
		true,
		{{{"fork ", COST_SNAPSHOT_FORK, true}},
			{{"longest ", COST_SNAPSHOT_STALL, true},
				{"p99 ", COST_SNAPSHOT_P99, false}},
			{{"without ", COST_SNAPSHOT_CALM_STALL, false},
				{"p99 ", COST_SNAPSHOT_CALM_P99, false}},
			{{"took ", COST_SNAPSHOT_TIME, false},
				{"copied ", COST_SNAPSHOT_COPIED, true},
				{"verified ", COST_SNAPSHOT_VERIFIED, false}}}},
	{"The prefork server: a child for each connection",
		"Requests that 4 clients make on the loopback, one after the other each: how many "
		"a "
		"second; from the connection to the last byte of the answer; without an answer in "
		"8 s; private memory of a child that has answered.",
		true,
		{{{"", COST_PREFORK_RATE, true}},
			{{"p50 ", COST_PREFORK_P50, true}, {"p99 ", COST_PREFORK_P99, false}},
			{{"p99.9 ", COST_PREFORK_P999, false}, {"max ", COST_PREFORK_MAX, false}},
			{{"hung ", COST_PREFORK_HUNG, false},
				{"a child ", COST_PREFORK_CHILD, true}}}},
	{"The pool server: long-lived children that accept connections",
		"Requests that 4 clients make on the loopback, one after the other each, of 4 "
		"children: how many a second; from the connection to the last byte of the answer; "
		"without an answer in 8 s; private memory of a child when all is served.",
		true,
		{{{"", COST_POOL_RATE, true}},
			{{"p50 ", COST_POOL_P50, true}, {"p99 ", COST_POOL_P99, false}},
			{{"p99.9 ", COST_POOL_P999, false}, {"max ", COST_POOL_MAX, false}},
			{{"hung ", COST_POOL_HUNG, false}, {"a child ", COST_POOL_CHILD, true}}}},
};
const size_t cost_tables_count = sizeof(cost_tables) / sizeof(cost_tables[0]);

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

/* Three digits; what is a whole number of the smallest unit has no fraction. */
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

static void add_spread(struct strbuf *line, const struct cost_estimate *estimate)
{
	double most = fmax(estimate->high - estimate->value, estimate->value - estimate->low);

	if (estimate->rounds > 1 && estimate->value > 0)
		strbuf_addf(line, " ±%.0f %%", 100 * most / estimate->value);
}

static void add_value(
	struct strbuf *line, const struct cost_part *part, const struct cost_cell *cell)
{
	const struct cost_estimate *estimate = &cell->estimate[part->figure];
	enum cost_unit unit = cost_figure_info((size_t)part->figure)->unit;
	char value[64], low[64];

	strbuf_addf(line, "%s%s", line->used ? ", " : "", part->before);
	if (isnan(estimate->value)) {
		strbuf_addf(line, "-");
		return;
	}
	if (estimate->noisy) {
		cost_format_value(low, sizeof(low), estimate->low, unit);
		cost_format_value(value, sizeof(value), estimate->high, unit);
		strbuf_addf(line, "too noisy: %s to %s", low, value);
		return;
	}
	cost_format_value(value, sizeof(value), estimate->value, unit);
	strbuf_addf(line, "%s", value);
	if (part->spread)
		add_spread(line, estimate);
}

void cost_format_cell(char *out, size_t size, const struct cost_table *group,
	const struct cost_cell *cell, const char *newline)
{
	struct strbuf all = strbuf_init(out, size);
	char text[COST_TEXT_MAX];

	if (cell->rounds == 0) {
		strbuf_addf(&all, "%s",
			cell->corrupt   ? "corruption"
			: cell->skipped ? "not to be had here"
			: cell->failed  ? "broken"
					: "not run");
		return;
	}
	for (int i = 0; i < COST_LINES && group->part[i][0].before; i++) {
		struct strbuf line = strbuf_init(text, sizeof(text));

		for (int k = 0; k < COST_PARTS && group->part[i][k].before; k++)
			add_value(&line, &group->part[i][k], cell);
		strbuf_addf(&all, "%s%s", i ? newline : "", text);
	}
}

/* ---- Names ---- */

static bool same_row(const struct cost_cell *one, const struct cost_cell *other)
{
	return one->threads == other->threads && one->heap_bytes == other->heap_bytes &&
	       one->huge == other->huge;
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

bool cost_table_applies(const struct cost_report *report, const struct cost_table *group)
{
	for (size_t i = 0; i < report->cells && group->optional; i++)
		if (report->cell[i].rounds &&
			!isnan(report->cell[i].estimate[group->part[0][0].figure].value))
			return true;
	return !group->optional;
}

/* ---- Notes ---- */

static bool has_figure(
	const struct cost_table *group, const struct cost_cell *cell, const char *why)
{
	for (int i = 0; i < COST_LINES; i++)
		for (int k = 0; k < COST_PARTS && group->part[i][k].before; k++) {
			const char *mine = cell->estimate[group->part[i][k].figure].why;

			if (mine && strcmp(mine, why) == 0)
				return true;
		}
	return false;
}

/* The n-th different reason in the cells of that group, or NULL. */
static const char *nth_reason(
	const struct cost_report *report, const struct cost_table *group, size_t n)
{
	const char *seen[COST_FIGURES];
	size_t count = 0;

	for (size_t i = 0; i < report->cells; i++)
		for (size_t f = 0; report->cell[i].rounds && f < COST_FIGURES; f++) {
			const char *why = report->cell[i].estimate[f].why;
			bool known = !why || !has_figure(group, &report->cell[i], why);

			for (size_t k = 0; k < count && !known; k++)
				known = strcmp(seen[k], why) == 0;
			if (known)
				continue;
			if (count == n)
				return why;
			if (count < COST_FIGURES)
				seen[count++] = why;
		}
	return NULL;
}

void cost_table_note(char *out, size_t size, const struct cost_report *report,
	const struct cost_table *group, size_t n)
{
	const char *why = nth_reason(report, group, n);

	*out = '\0';
	if (why)
		(void)snprintf(out, size, "-: not measured: %s.", why);
}

static bool remark_cell(struct strbuf *line, const struct cost_cell *cell)
{
	char heap[64];

	cost_format_heap(heap, sizeof(heap), cell);
	if (cell->failed)
		strbuf_addf(line, "%s, %" PRIu32 " threads, %s: %s.", cell->allocator,
			cell->threads, heap, cell->why);
	else if (cell->hung)
		strbuf_addf(line,
			"%s, %" PRIu32 " threads, %s: %" PRIu32
			" children did not come to their end within 8 s, and its figures are "
			"incomplete; 'forklab run -a %s' tells whether they hang.",
			cell->allocator, cell->threads, heap, cell->hung, cell->allocator);
	return cell->failed || cell->hung;
}

static void remark_run(struct strbuf *line, const struct cost_report *report)
{
	uint32_t most = 0;

	for (size_t i = 0; i < report->cells; i++)
		most = report->cell[i].rounds > most ? report->cell[i].rounds : most;
	strbuf_addf(line,
		"%zu processes in %.0f s, seed %" PRIu64 ": up to %" PRIu32
		" for each cell, in an order that differs from round to round. A "
		"figure is the median of their medians, and ± says how far they lie apart.",
		report->order_length, report->seconds, report->seed, most);
}

static void remark_noise(struct strbuf *line, const struct cost_report *report)
{
	strbuf_addf(line,
		"This machine was too noisy for times to mean much: the same piece of work took "
		"%.1f times as long as at its fastest. Run it again when nothing else runs.",
		report->unevenness);
}

static const char *const interrupted = "Interrupted: what is not here was not measured.";
static const char *const budget_exhausted =
	"The budget was used up before all rounds were measured: --budget gives it more time.";

const char *cost_remark(
	char *out, size_t size, const struct cost_report *report, size_t n, bool *warning)
{
	struct strbuf line = strbuf_init(out, size);

	*warning = n > 1;
	if (n == 0)
		remark_run(&line, report);
	else if (n == 1)
		strbuf_addf(&line, "%s", report->note);
	else if (n == 2 && report->noisy)
		remark_noise(&line, report);
	else if (n == 3 && report->cut)
		strbuf_addf(&line, "%s", budget_exhausted);
	else if (n == 4 && report->partial)
		strbuf_addf(&line, "%s", interrupted);
	else if (n >= 5 && n - 5 < report->cells)
		(void)remark_cell(&line, &report->cell[n - 5]);
	return n < 5 + report->cells ? out : NULL;
}
