#include "drawing.h"

#include "cost_print.h"
#include "strbuf.h"

#include <inttypes.h>
#include <math.h>

void drawing_caption(char out[GNUPLOT_CAPTION_LINES][GNUPLOT_STRING_MAX],
	const struct cost_report *report, const char *words)
{
	struct strbuf first = strbuf_init(out[0], GNUPLOT_STRING_MAX);
	struct strbuf line = strbuf_init(out[1], GNUPLOT_STRING_MAX);
	uint32_t most = cost_most_rounds(report);
	strbuf_addf(&first, "%s", words);
	strbuf_addf(&line, "Up to %" PRIu32 " round%s, seed %" PRIu64 "; Linux %s, %u CPU%s.", most,
		most == 1 ? "" : "s", report->seed, report->host.kernel, report->host.cpus,
		report->host.cpus == 1 ? "" : "s");
	if (report->noisy)
		strbuf_addf(&line, " This machine was too noisy for times to mean much.");
	if (report->cut || report->partial)
		strbuf_addf(&line, " Not all rounds were measured.");
}

void drawing_begin_data(FILE *out, const char *name, size_t index)
{
	(void)fprintf(out, "$%s%zu << END\n", name, index);
}

void drawing_end_data(FILE *out)
{
	(void)fputs("END\n", out);
}

struct drawing_layout drawing_layout_of(size_t panels)
{
	enum { WIDTH = 400, HEIGHT = 320, HEADING = 60 };
	unsigned columns = panels < 3 ? (unsigned)panels : panels == 4 ? 2 : panels > 9 ? 4 : 3;
	unsigned rows = (unsigned)(panels + columns - 1) / columns;
	/* One or two panels may be larger. */
	unsigned scale = columns < 3 ? 3 : 2;
	return (struct drawing_layout){
		columns, rows, columns * WIDTH * scale / 2, rows * HEIGHT * scale / 2 + HEADING};
}

void drawing_end_panel(FILE *out)
{
	(void)fputs("\nunset label\n", out);
}

void drawing_begin_panels(FILE *out, const struct drawing_layout *layout)
{
	(void)fprintf(out,
		"set multiplot layout %u,%u margins screen %g, screen 0.98, screen %g, screen %g "
		"spacing screen %g, screen %g title ",
		layout->rows, layout->columns, 95.0 / layout->width, 105.0 / layout->height,
		1 - 75.0 / layout->height, 110.0 / layout->width, 110.0 / layout->height);
}

/* An axis needs a range even if nothing lies on it. */
void drawing_begin_key(FILE *out, size_t names)
{
	enum { MANY = 18 };
	(void)fputs("unset logscale\nunset tics\nunset border\nunset grid\nunset title\n"
		    "unset xlabel\nunset ylabel\nset xrange [0:1]\nset yrange [0:1]\n"
		    "set key inside left top Left reverse\n",
		out);
	if (names > MANY)
		(void)fputs("set key font 'sans-serif,10' spacing 0.9 samplen 2\n", out);
}

double drawing_offset(size_t column, size_t columns, double step, double most)
{
	double between = columns > 1 ? fmin(step, most / (double)(columns - 1)) : 0;
	return ((double)column - (double)(columns - 1) / 2) * between;
}
