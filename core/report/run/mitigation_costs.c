#include "mitigation_costs.h"

#include "color.h"
#include "format.h"
#include "strbuf.h"
#include "text_table.h"
#include "utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define INDENT "    "

const char *const mitigation_cost_headings[MITIGATION_COST_COLUMNS] = {
	[MITIGATION_COST_CELL] = "with the cure",
	[MITIGATION_COST_OPERATIONS] = "operations a second",
	[MITIGATION_COST_FORK_MEDIAN] = "fork, median",
	[MITIGATION_COST_FORK_MAX] = "fork, at most",
};

const char mitigation_cost_legend[] =
	"Operations are the workers' calls into the allocator, without forks; the time of a fork "
	"is "
	"the parent's, while the workers work. In brackets: what multiple that is of the figure "
	"without the cure, measured in the same run.";

/* Three digits, and a prefix from `prefix` on: each is 1000 times the one before it. */
static void add_scaled(
	struct strbuf *line, double value, const char *const *prefix, const char *unit)
{
	while (value >= 999.5 && prefix[1]) {
		value /= 1000;
		prefix++;
	}
	strbuf_addf(line, "%.*f %s%s",
		value < 9.995   ? 2
		: value < 99.95 ? 1
				: 0,
		value, *prefix, unit);
}

static void add_ratio(struct strbuf *line, double with, double without, const char *const *prefix,
	const char *unit)
{
	if (!(with > 0) || !(without > 0)) {
		strbuf_addf(line, "-");
		return;
	}
	add_scaled(line, with, prefix, unit);
	strbuf_addf(line, " (× %.2g)", with / without);
}

void mitigation_cost_format(char out[MITIGATION_COST_MAX], const struct cell *cell, int column)
{
	static const char *const counts[] = {"", "k", "M", NULL}, *const times[] = {"µ", "m", NULL};
	const struct speed *with = &cell->cost.with, *without = &cell->cost.without;
	struct strbuf line = strbuf_init(out, MITIGATION_COST_MAX);

	switch (column) {
	case MITIGATION_COST_CELL:
		format_cell(out, MITIGATION_COST_MAX, cell);
		break;
	case MITIGATION_COST_OPERATIONS:
		add_ratio(&line, with->operations_per_s, without->operations_per_s, counts, "/s");
		break;
	case MITIGATION_COST_FORK_MEDIAN:
		add_ratio(&line, with->fork_median_us, without->fork_median_us, times, "s");
		break;
	default:
		add_ratio(&line, with->fork_max_us, without->fork_max_us, times, "s");
	}
}

static int add_row(struct libscols_table *table, const struct cell *cell, bool utf8)
{
	struct libscols_line *row = scols_table_new_line(table, NULL);
	char words[MITIGATION_COST_MAX], clean[MITIGATION_COST_MAX];
	int status = row ? 0 : -ENOMEM;

	for (int column = 0; status == 0 && column < MITIGATION_COST_COLUMNS; column++) {
		mitigation_cost_format(words, cell, column);
		utf8_sanitize(clean, sizeof(clean), words, utf8);
		status = text_table_set(row, (size_t)column, clean, NULL);
	}
	return status;
}

static struct libscols_table *new_table(const struct report *report, bool utf8)
{
	struct libscols_table *table =
		text_table_new(mitigation_cost_headings, MITIGATION_COST_COLUMNS, utf8);

	for (size_t i = 0; table && i < report->cells; i++) {
		if (report->cell[i].cost.measured && add_row(table, &report->cell[i], utf8) != 0) {
			scols_unref_table(table);
			return NULL;
		}
	}
	return table;
}

static void print_paragraphs(const struct text_out *text_out, const struct report *report)
{
	char words[MITIGATION_COST_MAX], text[MITIGATION_COST_COLUMNS * MITIGATION_COST_MAX];

	for (size_t i = 0; i < report->cells; i++) {
		struct strbuf line = strbuf_init(text, sizeof(text));

		if (!report->cell[i].cost.measured)
			continue;
		for (int column = 0; column < MITIGATION_COST_COLUMNS; column++) {
			mitigation_cost_format(words, &report->cell[i], column);
			if (column == MITIGATION_COST_CELL)
				strbuf_addf(&line, "%s:", words);
			else
				strbuf_addf(&line, "%s %s %s",
					column > MITIGATION_COST_OPERATIONS ? "," : "",
					mitigation_cost_headings[column], words);
		}
		wrap_print(text_out, &(struct paragraph_style){.rest = INDENT}, text);
	}
}

static bool any_measured(const struct report *report)
{
	for (size_t i = 0; i < report->cells; i++)
		if (report->cell[i].cost.measured)
			return true;
	return false;
}

int mitigation_costs_print(
	const struct text_out *text_out, const struct report *report, bool limited)
{
	struct libscols_table *table;
	char *plain, *text;
	int status;

	if (!any_measured(report))
		return 0;
	table = new_table(report, text_out->utf8);
	plain = table ? text_table_render(table, false) : NULL;
	text = table ? text_table_render(table, text_out->color) : NULL;
	status = plain && text ? 0 : -ENOMEM;
	(void)fputc('\n', text_out->out);
	wrap_print(
		text_out, &(struct paragraph_style){.color = COLOR_TITLE}, "What the cure costs");
	if (status == 0 && limited && text_table_width(plain) > text_out->width)
		print_paragraphs(text_out, report);
	else if (status == 0)
		text_table_print(text_out, text, text_table_width(plain));
	wrap_print(text_out, &(struct paragraph_style){0}, mitigation_cost_legend);
	free(plain);
	free(text);
	scols_unref_table(table);
	return status;
}
