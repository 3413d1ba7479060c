/* Distributions of durations. */
#include "cost_print.h"
#include "drawing.h"
#include "gnuplot.h"
#include "plot_grid.h"

#include <math.h>
#include <string.h>

enum {
	NAME_SIZE = MODEL_NAME_MAX + 64,
	WORDS_SIZE = 512,
	CONFIG_SIZE = 128,
	WIDTH = 1000,
	HEIGHT = 600,
	HEIGHT_OF_NAME = 25
};

/* One distribution, and the figure that has the range of its rounds' medians. */
struct latency_curve {
	enum cost_distribution_kind what;
	int figure; /* -1: none */
	const char *words;
};

struct latency_spec {
	const char *title, *share;
	struct latency_curve curve, baseline; /* baseline.words NULL: no baseline */
};

static const struct latency_spec
	of_forks = {"How long fork() takes", "fork() calls that took no longer",
		{COST_FORK_TIMES, COST_FORK_P50, "fork()"}, {0}},
	of_calls = {"Calls of the other threads: around forks, and without any",
		"calls that took no longer", {COST_CALLS_AROUND, -1, "around forks"},
		{COST_CALLS_CALM, -1, "without forks"}},
	of_snapshot = {"Requests to the snapshot server: while a child writes, and without one",
		"requests that took no longer", {COST_REQUESTS, -1, "while a child writes"},
		{COST_REQUESTS_CALM, -1, "without a child"}},
	of_prefork = {"Requests to the prefork server", "requests that took no longer",
		{COST_REQUESTS, COST_PREFORK_P50, "requests"}, {0}},
	of_pool = {"Requests to the pool server", "requests that took no longer",
		{COST_REQUESTS, COST_POOL_P50, "requests"}, {0}};

/* The state of one drawing. */
struct latency_plot {
	FILE *out;
	const struct drawing *drawing;
	const struct cost_report *report;
	struct plot_grid grid;
	const struct latency_spec *latency;
	double samples; /* of the largest distribution */
	struct plot_range range;
};

static const struct cost_cell *cell_at(const struct latency_plot *p, size_t column)
{
	return plot_cell(p->report, &p->grid, column, p->grid.middle_threads, p->grid.middle_heap);
}

/* NULL: there are no samples. */
static const struct cost_distribution *samples_of(
	const struct latency_plot *p, size_t column, const struct latency_curve *curve)
{
	const struct cost_cell *cell = cell_at(p, column);
	const struct cost_distribution *distribution =
		cell ? &cell->distribution[curve->what] : NULL;
	return distribution && distribution->count ? distribution : NULL;
}

static const struct cost_estimate *range_of(
	const struct latency_plot *p, size_t column, const struct latency_curve *curve)
{
	const struct cost_cell *cell = curve->figure < 0 ? NULL : cell_at(p, column);
	return cell && !isnan(cell->estimate[curve->figure].value) ? &cell->estimate[curve->figure]
								   : NULL;
}

/* ---- Data ---- */

static void add_range(struct latency_plot *p, size_t column, const struct latency_curve *curve)
{
	const struct cost_distribution *all = samples_of(p, column, curve);
	const struct cost_estimate *range = range_of(p, column, curve);
	if (!all)
		return;
	p->samples = fmax(p->samples, (double)all->count);
	plot_range_add(&p->range, all->at[0]);
	plot_range_add(&p->range, all->max);
	if (range) {
		plot_range_add(&p->range, range->low);
		plot_range_add(&p->range, range->high);
	}
}

/* The last point is the maximum, which stands for all quantiles above 1 - 1/n. */
static void put_curve(const struct latency_plot *p, size_t column,
	const struct latency_curve *curve, const char *name)
{
	const struct cost_distribution *all = samples_of(p, column, curve);
	if (!all)
		return;
	drawing_begin_data(p->out, name, column);
	for (size_t i = 0; i < COST_LEVELS && !isnan(all->at[i]); i++)
		(void)fprintf(p->out, "%.9g %.9g\n", 1 / (1 - cost_level(i)), all->at[i]);
	(void)fprintf(p->out, "%.9g %.9g\n", (double)all->count, all->max);
	drawing_end_data(p->out);
}

static void put_greatest(
	const struct latency_plot *p, size_t column, const struct latency_curve *curve)
{
	const struct cost_distribution *all = samples_of(p, column, curve);
	if (!all)
		return;
	drawing_begin_data(p->out, "most", column);
	(void)fprintf(p->out, "%.9g %.9g\n", (double)all->count, all->max);
	drawing_end_data(p->out);
}

/* At 50 %, side by side. */
static void put_bar(const struct latency_plot *p, size_t column, const struct latency_curve *curve)
{
	const struct cost_estimate *range = range_of(p, column, curve);
	double offset = drawing_offset(column, p->grid.columns, 0.03, 0.3);
	if (!range || !samples_of(p, column, curve))
		return;
	drawing_begin_data(p->out, "bar", column);
	(void)fprintf(p->out, "%.9g %.9g %.9g\n", 2 * exp(offset), range->low, range->high);
	drawing_end_data(p->out);
}

static void put_data(const struct latency_plot *p)
{
	for (size_t i = 0; i < p->grid.columns; i++) {
		put_curve(p, i, &p->latency->curve, "all");
		put_greatest(p, i, &p->latency->curve);
		put_bar(p, i, &p->latency->curve);
		if (p->latency->baseline.words)
			put_curve(p, i, &p->latency->baseline, "calm");
	}
}

/* ---- Lines ---- */

/* The line, a mark at its maximum, and the bar; the key shows line and mark as one. */
static void put_column(const struct latency_plot *p, size_t column, const char *words)
{
	const struct plot_style style = plot_column_style(&p->drawing->palette, p->report, column);
	/* In a panel with a baseline, the dashed line is the baseline. */
	int dash = p->latency->baseline.words ? 1 : style.dash;
	(void)fprintf(p->out,
		"$all%zu using 1:2 with lines linecolor rgb '%s' linewidth 1.8 dashtype %d notitle",
		column, style.colour, dash);
	(void)fprintf(p->out,
		", $most%zu using 1:2 with points linecolor rgb '%s' pointtype %d pointsize 0.8 "
		"notitle",
		column, style.colour, style.filled);
	if (range_of(p, column, &p->latency->curve))
		(void)fprintf(p->out,
			", $bar%zu using 1:2:(0):($3-$2) with vectors " DRAWING_BAR
			" linecolor rgb '%s' notitle",
			column, style.colour);
	(void)fprintf(p->out,
		", NaN with linespoints linecolor rgb '%s' linewidth 1.8 dashtype %d pointtype %d "
		"pointsize 0.8 title ",
		style.colour, dash, style.filled);
	gnuplot_string(p->out, "%s", words);
}

static void column_words(const struct latency_plot *p, size_t column, char *words, size_t size)
{
	const struct cost_estimate *range = range_of(p, column, &p->latency->curve);
	char name[NAME_SIZE];
	cost_format_column(name, sizeof(name), p->report, column);
	(void)snprintf(words, size, "%s%s", name, range && range->noisy ? " (too noisy)" : "");
}

static void put_title(const struct latency_plot *p)
{
	char config[CONFIG_SIZE];
	plot_config_name(
		config, sizeof(config), &p->grid, p->grid.middle_threads, p->grid.middle_heap);
	gnuplot_string(p->out, "%s (%s)", p->latency->title, config);
}

static void put_axes(const struct latency_plot *p)
{
	gnuplot_quantile_axis(p->out, p->samples, p->latency->share);
	gnuplot_time_axis(p->out, "y", p->range, "time");
}

/* ---- Drawings ---- */

/* Extends the axes to all data. Returns the number of columns with samples. */
static size_t add_ranges(struct latency_plot *p)
{
	size_t count = 0;
	for (size_t i = 0; i < p->grid.columns; i++) {
		if (!samples_of(p, i, &p->latency->curve))
			continue;
		count++;
		add_range(p, i, &p->latency->curve);
		if (p->latency->baseline.words)
			add_range(p, i, &p->latency->baseline);
	}
	return count;
}

static bool nothing_measured(const struct latency_plot *p, char *why, size_t size)
{
	(void)snprintf(why, size, "%s",
		p->latency == &of_calls && p->grid.columns && p->grid.middle_threads == 0
			? "there are no background threads (--threads)"
			: "nothing of it was measured");
	return false;
}

/* All in one. */
static bool draw_single(struct latency_plot *p, char *why, size_t size)
{
	char words[WORDS_SIZE], small[GNUPLOT_CAPTION_LINES][GNUPLOT_STRING_MAX];
	const char *separator = "plot ";
	unsigned count = (unsigned)add_ranges(p), height = (count + 7) * HEIGHT_OF_NAME;
	if (count == 0)
		return nothing_measured(p, why, size);
	drawing_caption(small, p->report,
		"Mark: the longest of all. Bar at 50 %: from the lowest to the highest median of "
		"the rounds.");
	gnuplot_begin(p->out, WIDTH, height > HEIGHT ? height : HEIGHT, small);
	put_data(p);
	(void)fputs("set title ", p->out);
	put_title(p);
	(void)fputs("\nset bmargin 6\nset key outside right top vertical Left reverse\n", p->out);
	put_axes(p);
	for (size_t i = 0; i < p->grid.columns; i++) {
		if (!samples_of(p, i, &p->latency->curve))
			continue;
		column_words(p, i, words, sizeof(words));
		(void)fputs(separator, p->out);
		put_column(p, i, words);
		separator = ", ";
	}
	(void)fputc('\n', p->out);
	return true;
}

static void put_panel(const struct latency_plot *p, size_t column)
{
	const struct plot_style style = plot_column_style(&p->drawing->palette, p->report, column);
	char name[NAME_SIZE];
	cost_format_column(name, sizeof(name), p->report, column);
	(void)fputs("set title ", p->out);
	gnuplot_string(p->out, "%s", name);
	(void)fprintf(p->out, " textcolor rgb '%s'\nplot ", style.colour);
	if (samples_of(p, column, &p->latency->baseline)) {
		(void)fprintf(p->out,
			"$calm%zu using 1:2 with lines linecolor rgb '#7f7f7f' linewidth 1.6 "
			"dashtype 2 title ",
			column);
		gnuplot_string(p->out, "%s", p->latency->baseline.words);
		(void)fputs(", ", p->out);
	}
	put_column(p, column, p->latency->curve.words);
	drawing_end_panel(p->out);
}

/* A panel for each column, with common axes: each has two lines. */
static bool draw_panels(struct latency_plot *p, char *why, size_t size)
{
	char small[GNUPLOT_CAPTION_LINES][GNUPLOT_STRING_MAX];
	size_t panels = add_ranges(p);
	if (panels == 0)
		return nothing_measured(p, why, size);
	const struct drawing_layout layout = drawing_layout_of(panels);
	drawing_caption(small, p->report, "Mark: the longest of all.");
	gnuplot_begin(p->out, layout.width, layout.height, small);
	put_data(p);
	put_axes(p);
	(void)fputs("set key inside right bottom Left reverse samplen 3\n", p->out);
	drawing_begin_panels(p->out, &layout);
	put_title(p);
	(void)fputc('\n', p->out);
	for (size_t i = 0; i < p->grid.columns; i++)
		if (samples_of(p, i, &p->latency->curve))
			put_panel(p, i);
	(void)fputs("unset multiplot\n", p->out);
	return true;
}

static struct latency_plot latency_plot_of(
	FILE *out, const struct drawing *drawing, const struct latency_spec *latency)
{
	return (struct latency_plot){
		.out = out,
		.drawing = drawing,
		.report = drawing->costs,
		.grid = plot_grid_of(drawing->costs),
		.latency = latency,
	};
}

bool draw_fork_latency(FILE *out, const struct drawing *drawing, char *why, size_t size)
{
	struct latency_plot plot = latency_plot_of(out, drawing, &of_forks);
	return draw_single(&plot, why, size);
}

bool draw_stall_latency(FILE *out, const struct drawing *drawing, char *why, size_t size)
{
	struct latency_plot plot = latency_plot_of(out, drawing, &of_calls);
	return draw_panels(&plot, why, size);
}

bool draw_request_latency(FILE *out, const struct drawing *drawing, char *why, size_t size)
{
	static const struct latency_spec *const by_server[COST_SERVERS] = {
		[COST_NO_SERVER] = &of_snapshot,
		[COST_SNAPSHOT_SERVER] = &of_snapshot,
		[COST_PREFORK_SERVER] = &of_prefork,
		[COST_POOL_SERVER] = &of_pool,
	};
	const struct latency_spec *latency = by_server[drawing->costs->server];
	struct latency_plot plot = latency_plot_of(out, drawing, latency);
	return latency->baseline.words ? draw_panels(&plot, why, size)
				       : draw_single(&plot, why, size);
}
