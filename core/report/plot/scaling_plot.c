/* What grows with the heap, or with the threads: a panel for each figure, a line for each
 * allocator. */
#include "cost_print.h"
#include "drawing.h"
#include "gnuplot.h"
#include "plot_grid.h"

#include <inttypes.h>
#include <math.h>

enum { NAME_SIZE = MODEL_NAME_MAX + 64 };

static const struct {
	int figure;
	const char *words;
} figures[] = {
	{COST_FORK_P50, "fork(), median"},
	{COST_FORK_FIRST, "the first fork() of a process"},
	{COST_STALL_P50, "longest call of another thread around a fork, median"},
};
enum { FIGURES = sizeof(figures) / sizeof(figures[0]) };

struct scaling {
	FILE *out;
	const struct drawing *drawing;
	const struct cost_report *report;
	struct plot_grid grid;
	bool threads; /* along the threads; otherwise along the heaps */
	size_t values;
	struct plot_range range[FIGURES];
};

/* ---- Places along the axis ---- */

static const struct cost_cell *cell_at(const struct scaling *g, size_t column, size_t value)
{
	return g->threads ? plot_cell(g->report, &g->grid, column, g->grid.thread[value],
				    g->grid.middle_heap)
			  : plot_cell(g->report, &g->grid, column, g->grid.middle_threads,
				    g->grid.heap[value]);
}

/* NULL: it was not measured there. */
static const struct cost_estimate *estimate_at(
	const struct scaling *g, size_t column, size_t value, size_t figure)
{
	const struct cost_cell *cell = cell_at(g, column, value);
	const struct cost_estimate *estimate =
		cell ? &cell->estimate[figures[figure].figure] : NULL;
	return estimate && !isnan(estimate->value) && estimate->low > 0 ? estimate : NULL;
}

/* A logarithmic scale; 0 threads is one step before 1. */
static double position(const struct scaling *g, size_t value)
{
	return g->threads ? log2(1 + (double)g->grid.thread[value])
			  : log2((double)g->grid.heap[value]);
}

static void put_axis(const struct scaling *g)
{
	double first = position(g, 0), last = position(g, g->values - 1);
	(void)fprintf(g->out, "set xrange [%.9g:%.9g]\nset xlabel ", first - 0.08 * (last - first),
		last + 0.08 * (last - first));
	gnuplot_string(g->out, "%s", g->threads ? "background threads" : "live heap");
	(void)fputs("\nset xtics (", g->out);
	for (size_t i = 0; i < g->values; i++) {
		char heap[32];
		plot_heap_name(heap, sizeof(heap), g->grid.heap[i]);
		(void)fputs(i ? ", " : "", g->out);
		if (g->threads)
			gnuplot_string(g->out, "%" PRIu32, g->grid.thread[i]);
		else
			gnuplot_string(g->out, "%s", heap);
		(void)fprintf(g->out, " %.9g", position(g, i));
	}
	(void)fputs(")\n", g->out);
}

/* ---- Data ---- */

/*
 * Position, value, and both ends of its range. A value that is too noisy or was not measured leaves
 * a gap in the line.
 */
static void put_series(const struct scaling *g, size_t column, size_t figure)
{
	double length = position(g, g->values - 1) - position(g, 0);
	double offset = drawing_offset(column, g->grid.columns, 0.008 * length, 0.06 * length);
	(void)fprintf(g->out, "$at%zu_%zu << END\n", figure, column);
	for (size_t i = 0; i < g->values; i++) {
		const struct cost_estimate *estimate = estimate_at(g, column, i, figure);
		if (!estimate) {
			(void)fprintf(g->out, "%.9g NaN NaN NaN\n", position(g, i));
			continue;
		}
		(void)fprintf(g->out, "%.9g ", position(g, i) + offset);
		if (estimate->noisy)
			(void)fputs("NaN", g->out);
		else
			(void)fprintf(g->out, "%.9g", estimate->value);
		(void)fprintf(g->out, " %.9g %.9g\n", estimate->low, estimate->high);
	}
	drawing_end_data(g->out);
}

static bool has_any(const struct scaling *g, size_t column, size_t figure)
{
	for (size_t i = 0; i < g->values; i++)
		if (estimate_at(g, column, i, figure))
			return true;
	return false;
}

/* Returns the number of panels with data. */
static size_t add_ranges(struct scaling *g)
{
	size_t panels = 0;
	for (size_t f = 0; f < FIGURES; f++) {
		for (size_t c = 0; c < g->grid.columns; c++)
			for (size_t i = 0; i < g->values; i++) {
				const struct cost_estimate *estimate = estimate_at(g, c, i, f);
				plot_range_add(&g->range[f], estimate ? estimate->low : NAN);
				plot_range_add(&g->range[f], estimate ? estimate->high : NAN);
			}
		panels += g->range[f].low > 0;
	}
	return panels;
}

static void put_data(const struct scaling *g)
{
	for (size_t f = 0; f < FIGURES; f++)
		for (size_t c = 0; c < g->grid.columns; c++)
			if (has_any(g, c, f))
				put_series(g, c, f);
}

/* ---- Panels ---- */

static void put_panel(const struct scaling *g, size_t figure)
{
	const char *separator = "plot ";
	(void)fputs("set title ", g->out);
	gnuplot_string(g->out, "%s", figures[figure].words);
	(void)fputs("\nunset key\n", g->out);
	gnuplot_time_axis(g->out, "y", g->range[figure], "time");
	for (size_t c = 0; c < g->grid.columns; c++) {
		const struct plot_style style =
			plot_column_style(&g->drawing->palette, g->report, c);
		if (!has_any(g, c, figure))
			continue;
		(void)fprintf(g->out,
			"%s$at%zu_%zu using 1:3:(0):($4-$3) with vectors " DRAWING_BAR
			" linecolor rgb '%s' notitle",
			separator, figure, c, style.colour);
		(void)fprintf(g->out,
			", $at%zu_%zu using 1:2 with linespoints linecolor rgb '%s' linewidth 1.8 "
			"dashtype %d pointtype %d pointsize 0.8 notitle",
			figure, c, style.colour, style.dash, style.filled);
		separator = ", ";
	}
	drawing_end_panel(g->out);
}

/* In a separate panel, with room for all names. */
static void put_key(const struct scaling *g)
{
	const char *separator = "plot ";
	drawing_begin_key(g->out, g->grid.columns);
	for (size_t c = 0; c < g->grid.columns; c++) {
		const struct plot_style style =
			plot_column_style(&g->drawing->palette, g->report, c);
		char name[NAME_SIZE];
		bool any = false;
		for (size_t f = 0; f < FIGURES; f++)
			any |= has_any(g, c, f);
		if (!any)
			continue;
		cost_format_column(name, sizeof(name), g->report, c);
		(void)fprintf(g->out,
			"%sNaN with linespoints linecolor rgb '%s' linewidth 1.8 dashtype %d "
			"pointtype %d pointsize 0.8 title ",
			separator, style.colour, style.dash, style.filled);
		gnuplot_string(g->out, "%s", name);
		separator = ", ";
	}
	drawing_end_panel(g->out);
}

static void put_title(const struct scaling *g)
{
	char heap[32];
	plot_heap_name(heap, sizeof(heap), g->grid.middle_heap);
	if (g->threads)
		gnuplot_string(
			g->out, "What a fork costs, by background threads (%s of live heap)", heap);
	else
		gnuplot_string(g->out,
			"What a fork costs, by live heap (%" PRIu32 " background threads)",
			g->grid.middle_threads);
}

static bool has_several_values(const struct scaling *g, char *why, size_t size)
{
	if (g->values > 1)
		return true;
	(void)snprintf(why, size, "%s",
		g->threads ? "the grid has one number of threads only; --threads 0,1,4,16 gives it "
			     "more"
			   : "the grid has one heap only; --heap 1M,32M,256M gives it more");
	return false;
}

static bool draw(struct scaling *g, char *why, size_t size)
{
	char small[GNUPLOT_CAPTION_LINES][GNUPLOT_STRING_MAX];
	if (!has_several_values(g, why, size))
		return false;
	size_t panels = add_ranges(g);
	if (panels == 0) {
		(void)snprintf(why, size, "nothing of it was measured");
		return false;
	}
	const struct drawing_layout layout = drawing_layout_of(panels + 1);
	drawing_caption(small, g->report,
		"Bars: from the lowest to the highest round; without a mark they are too far apart "
		"to tell.");
	gnuplot_begin(g->out, layout.width, layout.height, small);
	put_data(g);
	put_axis(g);
	drawing_begin_panels(g->out, &layout);
	put_title(g);
	(void)fputc('\n', g->out);
	for (size_t f = 0; f < FIGURES; f++)
		if (g->range[f].low > 0)
			put_panel(g, f);
	put_key(g);
	(void)fputs("unset multiplot\n", g->out);
	return true;
}

static struct scaling scaling_of(FILE *out, const struct drawing *drawing, bool threads)
{
	struct scaling scaling = {
		.out = out,
		.drawing = drawing,
		.report = drawing->costs,
		.grid = plot_grid_of(drawing->costs),
		.threads = threads,
	};
	scaling.values = threads ? scaling.grid.threads : scaling.grid.heaps;
	return scaling;
}

bool draw_cost_by_heap(FILE *out, const struct drawing *drawing, char *why, size_t size)
{
	struct scaling scaling = scaling_of(out, drawing, false);
	return draw(&scaling, why, size);
}

bool draw_cost_by_threads(FILE *out, const struct drawing *drawing, char *why, size_t size)
{
	struct scaling scaling = scaling_of(out, drawing, true);
	return draw(&scaling, why, size);
}
