/* What a fork costs, in the formats of the command cost. */
#ifndef FORKLAB_COST_PRINT_H
#define FORKLAB_COST_PRINT_H

#include "cost_model.h"
#include "printer.h"

/* Writes all of it in that format. 0, -ENOMEM, or -EIO when the stream had an error. */
int cost_print(FILE *out, const char *format, const struct cost_report *report,
	const struct print_options *options);

typedef int cost_printer(
	FILE *out, const struct cost_report *report, const struct print_options *options);
cost_printer cost_print_text, cost_print_json, cost_print_csv, cost_print_markdown;

/* ---- cost_words.c: the tables that the formats for people have in common ---- */

enum { COST_TEXT_MAX = 640, COST_LINES = 4, COST_PARTS = 3 };

/* A figure in a line of a cell, with the words before it. */
struct cost_part {
	const char *before; /* NULL: no more parts */
	int figure;
	bool spread; /* with how far the rounds are apart */
};

/* One table: a row for each threads and heap, a column for each allocator. */
struct cost_table {
	const char *title, *legend;
	bool optional; /* left out where no cell has any of it */
	struct cost_part part[COST_LINES][COST_PARTS];
};
extern const struct cost_table cost_tables[];
extern const size_t cost_tables_count;

/* Whether there is anything to print of it. */
bool cost_table_applies(const struct cost_report *report, const struct cost_table *group);

/* The columns of a report, and how it is cut into rows. */
struct cost_layout {
	size_t columns; /* cells of a row */
	size_t rows;
};
struct cost_layout cost_layout(const struct cost_report *report);
const struct cost_cell *cost_cell_at(const struct cost_report *report, size_t row, size_t column);

/* "glibc", and with its fork method where the report has several. */
void cost_format_column(char *out, size_t size, const struct cost_report *report, size_t column);

/* "32 MiB", "32 MiB, huge pages". */
void cost_format_heap(char *out, size_t size, const struct cost_cell *cell);

/* A cell of that table, its lines separated by `newline`. */
void cost_format_cell(char *out, size_t size, const struct cost_table *group,
	const struct cost_cell *cell, const char *newline);

/* A value with its unit, three digits: "8.21 ms". */
void cost_format_value(char *out, size_t size, double value, enum cost_unit unit);

/*
 * The n-th sentence below a table: why something in it was not measured. "" when there is none.
 */
void cost_table_note(char *out, size_t size, const struct cost_report *report,
	const struct cost_table *group, size_t n);

/* What is to be said of the whole. The n-th sentence, NULL: no more. `warning`: of what kind. */
const char *cost_remark(
	char *out, size_t size, const struct cost_report *report, size_t n, bool *warning);

#endif
