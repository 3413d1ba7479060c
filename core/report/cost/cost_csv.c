/* --format csv: RFC 4180, one line a figure and cell; what is not known is empty. */
#include "cost_print.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

static void put_text(FILE *out, const char *text)
{
	if (!strpbrk(text, ",\"")) {
		(void)fputs(text, out);
		return;
	}
	(void)fputc('"', out);
	for (const char *c = text; *c; c++) {
		if (*c == '"')
			(void)fputc('"', out);
		(void)fputc(*c, out);
	}
	(void)fputc('"', out);
}

static void put_real(FILE *out, double value)
{
	(void)fputc(',', out);
	if (isfinite(value))
		(void)fprintf(out, "%.9g", value);
}

static void put_figure(FILE *out, const struct cost_cell *cell, size_t figure)
{
	const struct cost_result *result = &cell->result[figure];

	put_text(out, cell->allocator);
	(void)fputc(',', out);
	put_text(out, cell->version);
	(void)fprintf(out, ",%s,%s,%" PRIu32 ",%" PRIu64 ",%s,%s", cell->link, cell->method,
		cell->threads, cell->heap_bytes, cell->huge ? "huge" : "usual",
		cost_trait(figure)->key);
	put_real(out, result->value);
	put_real(out, result->low);
	put_real(out, result->high);
	(void)fprintf(out, ",%" PRIu32 ",%s,", result->rounds, result->noisy ? "true" : "false");
	if (isnan(result->value))
		put_text(out, cell->rounds ? result->why : cell->failed ? cell->why : "not run");
	(void)fputs("\r\n", out);
}

int cost_print_csv(FILE *out, const struct cost_report *report, const struct print_options *options)
{
	(void)options;
	(void)fputs("allocator,version,link,method,threads,heap_bytes,pages,figure,value,low,high,"
		    "rounds,noisy,why\r\n",
		out);
	for (size_t i = 0; i < report->cells; i++)
		for (size_t figure = 0; figure < COST_FIGURES; figure++)
			put_figure(out, &report->cell[i], figure);
	return ferror(out) ? -EIO : 0;
}
