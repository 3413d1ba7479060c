/* --format csv: RFC 4180, one line for each figure of each cell; unknown values are empty. */
#include "cost_print.h"
#include "csv.h"

#include "shm_map.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>

static void put_real(FILE *out, double value)
{
	(void)fputc(',', out);
	if (isfinite(value))
		(void)fprintf(out, "%.9g", value);
}

static void put_figure(FILE *out, const struct cost_cell *cell, size_t figure)
{
	const struct cost_estimate *estimate = &cell->estimate[figure];
	char why[MODEL_TEXT_MAX];
	cost_failure_text(why, sizeof(why), cell);
	csv_text(out, cell->allocator);
	(void)fputc(',', out);
	csv_text(out, cell->version);
	(void)fprintf(out, ",%s,%s,%" PRIu32 ",%" PRIu64 ",%s,%s", link_kind_name(cell->link),
		fork_method_name(cell->method), cell->threads, cell->heap_bytes,
		cell->huge ? "huge" : "usual", cost_figure_info(figure)->key);
	put_real(out, estimate->value);
	put_real(out, estimate->low);
	put_real(out, estimate->high);
	(void)fprintf(
		out, ",%" PRIu32 ",%s,", estimate->rounds, estimate->noisy ? "true" : "false");
	if (isnan(estimate->value))
		csv_text(out, cell->rounds   ? cost_reason_text(estimate->why)
			      : cell->failed ? why
					     : "not run");
	(void)fputs("\r\n", out);
}

int cost_print_csv(FILE *out, const struct cost_report *report)
{
	(void)fputs("allocator,version,link,method,threads,heap_bytes,pages,figure,value,low,high,"
		    "rounds,noisy,why\r\n",
		out);
	for (size_t i = 0; i < report->cells; i++)
		for (size_t figure = 0; figure < COST_FIGURES; figure++)
			put_figure(out, &report->cell[i], figure);
	return ferror(out) ? -EIO : 0;
}
