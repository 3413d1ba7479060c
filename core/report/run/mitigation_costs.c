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

const char *const cure_cost_headings[CURE_COST_COLUMNS] = {
	[CURE_COST_PLACE] = "with the cure",
	[CURE_COST_OPERATIONS] = "operations a second",
	[CURE_COST_FORK_MEDIAN] = "fork, median",
	[CURE_COST_FORK_MAX] = "fork, at most",
};

const char cure_cost_legend[] =
	"Operations are the workers' calls into the allocator, without forks; the time of a fork "
	"is "
	"the parent's, while the workers work. In brackets: what multiple that is of the figure "
	"without the cure, measured in the same run.";

/* Three digits, and a prefix from `prefix` on: each is 1000 times the one before it. */
static void add_figure(struct line *line, double value, const char *const *prefix, const char *unit)
{
	while (value >= 999.5 && prefix[1]) {
		value /= 1000;
		prefix++;
	}
	line_add(line, "%.*f %s%s",
		value < 9.995   ? 2
		: value < 99.95 ? 1
				: 0,
		value, *prefix, unit);
}

static void compare(
	struct line *line, double with, double without, const char *const *prefix, const char *unit)
{
	if (!(with > 0) || !(without > 0)) {
		line_add(line, "-");
		return;
	}
	add_figure(line, with, prefix, unit);
	line_add(line, " (× %.2g)", with / without);
}

void cure_cost_words(char out[CURE_COST_MAX], const struct cell *cell, int column)
{
	static const char *const counts[] = {"", "k", "M", NULL}, *const times[] = {"µ", "m", NULL};
	const struct speed *with = &cell->cost.with, *without = &cell->cost.without;
	struct line line = line_in(out, CURE_COST_MAX);

	switch (column) {
	case CURE_COST_PLACE:
		word_place(out, CURE_COST_MAX, cell);
		break;
	case CURE_COST_OPERATIONS:
		compare(&line, with->operations_per_s, without->operations_per_s, counts, "/s");
		break;
	case CURE_COST_FORK_MEDIAN:
		compare(&line, with->fork_median_us, without->fork_median_us, times, "s");
		break;
	default:
		compare(&line, with->fork_max_us, without->fork_max_us, times, "s");
	}
}

static int add_row(struct libscols_table *table, const struct cell *cell, bool utf8)
{
	struct libscols_line *row = scols_table_new_line(table, NULL);
	char words[CURE_COST_MAX], clean[CURE_COST_MAX];
	int status = row ? 0 : -ENOMEM;

	for (int column = 0; status == 0 && column < CURE_COST_COLUMNS; column++) {
		cure_cost_words(words, cell, column);
		utf8_clean(clean, sizeof(clean), words, utf8);
		status = sheet_set(row, (size_t)column, clean, NULL);
	}
	return status;
}

static struct libscols_table *cost_table(const struct report *report, bool utf8)
{
	struct libscols_table *table = sheet_new(cure_cost_headings, CURE_COST_COLUMNS, utf8);

	for (size_t i = 0; table && i < report->cells; i++) {
		if (report->cell[i].cost.measured && add_row(table, &report->cell[i], utf8) != 0) {
			scols_unref_table(table);
			return NULL;
		}
	}
	return table;
}

static void print_paragraphs(const struct paper *paper, const struct report *report)
{
	char words[CURE_COST_MAX], text[CURE_COST_COLUMNS * CURE_COST_MAX];

	for (size_t i = 0; i < report->cells; i++) {
		struct line line = line_in(text, sizeof(text));

		if (!report->cell[i].cost.measured)
			continue;
		for (int column = 0; column < CURE_COST_COLUMNS; column++) {
			cure_cost_words(words, &report->cell[i], column);
			if (column == CURE_COST_PLACE)
				line_add(&line, "%s:", words);
			else
				line_add(&line, "%s %s %s",
					column > CURE_COST_OPERATIONS ? "," : "",
					cure_cost_headings[column], words);
		}
		wrap_print(paper, &(struct style){.rest = INDENT}, text);
	}
}

static bool any_measured(const struct report *report)
{
	for (size_t i = 0; i < report->cells; i++)
		if (report->cell[i].cost.measured)
			return true;
	return false;
}

int cure_costs_print(const struct paper *paper, const struct report *report, bool limited)
{
	struct libscols_table *table;
	char *plain, *text;
	int status;

	if (!any_measured(report))
		return 0;
	table = cost_table(report, paper->utf8);
	plain = table ? sheet_text(table, false) : NULL;
	text = table ? sheet_text(table, paper->color) : NULL;
	status = plain && text ? 0 : -ENOMEM;
	(void)fputc('\n', paper->out);
	wrap_print(paper, &(struct style){.ink = INK_TITLE}, "What the cure costs");
	if (status == 0 && limited && sheet_columns(plain) > paper->width)
		print_paragraphs(paper, report);
	else if (status == 0)
		sheet_print(paper, text, sheet_columns(plain));
	wrap_print(paper, &(struct style){0}, cure_cost_legend);
	free(plain);
	free(text);
	scols_unref_table(table);
	return status;
}
