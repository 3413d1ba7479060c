/* What a fork costs, in the formats of the command cost. */
#pragma once

#include "cost_model.h"
#include "document.h"

/* Writes all of it in that format. 0, -ENOMEM, or -EIO when the stream had an error. */
int cost_print(FILE *out, enum output_format format, const struct cost_report *report,
	const struct print_options *options);

/* The formats for programs. */
int cost_print_json(FILE *out, const struct cost_report *report);
int cost_print_csv(FILE *out, const struct cost_report *report);

/* ---- cost_tables.c: names and values, for the documents and the drawings ---- */

enum { COST_TEXT_MAX = 640 };

/* "no child finished" */
const char *cost_reason_text(enum cost_reason reason);

/* Why a cell has no figures: "2 answers of the server had wrong bytes"; "": no reason is known. */
void cost_failure_text(char *out, size_t size, const struct cost_cell *cell);

/* "1 answer came after more than 8 s"; of a cell with late ones. */
void cost_late_text(char *out, size_t size, const struct cost_cell *cell);

/* A report as a table. */
struct cost_layout {
	size_t columns; /* cells of a row */
	size_t rows;
};
struct cost_layout cost_layout(const struct cost_report *report);
/* The rounds of the cell that has most. */
uint32_t cost_most_rounds(const struct cost_report *report);

const struct cost_cell *cost_cell_at(const struct cost_report *report, size_t row, size_t column);

/* "glibc", and with its fork method where the report has several. */
void cost_format_column(char *out, size_t size, const struct cost_report *report, size_t column);

/* "32 MiB", "32 MiB, huge pages". */
void cost_format_heap(char *out, size_t size, const struct cost_cell *cell);

/* A value with its unit, three digits: "8.21 ms". */
void cost_format_value(char *out, size_t size, double value, enum cost_unit unit);

/* An estimate with its unit and, if `spread`, the spread of the rounds; "-": unknown. */
void cost_format_estimate(char *out, size_t size, const struct cost_estimate *estimate,
	enum cost_unit unit, bool spread);
