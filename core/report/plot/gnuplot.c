#include "gnuplot.h"

#include <math.h>
#include <stdarg.h>

void gnuplot_string(FILE *out, const char *format, ...)
{
	char words[GNUPLOT_STRING_MAX];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	(void)fputc('\'', out);
	for (const unsigned char *c = (const unsigned char *)words; *c; c++) {
		if (*c == '\'')
			(void)fputc('\'', out); /* two of them are one */
		(void)fputc(*c < ' ' || *c == 0x7f ? '?' : *c, out);
	}
	(void)fputc('\'', out);
}

void gnuplot_begin(FILE *out, unsigned width, unsigned height,
	const char caption[GNUPLOT_CAPTION_LINES][GNUPLOT_STRING_MAX])
{
	(void)fprintf(out,
		"set encoding utf8\n"
		"set terminal svg size %u,%u dynamic font 'sans-serif,13' background '#ffffff' "
		"noenhanced\n"
		"set border 3 linecolor '#404040'\n"
		"set tics nomirror\n"
		"set grid xtics ytics linetype 1 linecolor '#dddddd' linewidth 0.7\n"
		"set xlabel offset 0,0.4\n"
		"set title offset 0,-0.4\n"
		"set bars 0.6\n",
		width, height);
	for (int i = 0; i < GNUPLOT_CAPTION_LINES; i++) {
		(void)fprintf(out, "set label %d ", i + 1);
		gnuplot_string(out, "%s", caption[i]);
		(void)fprintf(out,
			" at screen 0.01, screen %.4f font 'sans-serif,10' textcolor '#606060'\n",
			(12.0 + 17 * (GNUPLOT_CAPTION_LINES - 1 - i)) / height);
	}
}

/* ---- Ranges ---- */

void plot_range_add(struct plot_range *range, double value)
{
	if (!isfinite(value) || value <= 0)
		return;
	range->low = range->low > 0 ? fmin(range->low, value) : value;
	range->high = fmax(range->high, value);
}

/* With a margin at both ends, and at least that ratio long. */
static struct plot_range with_margin(struct plot_range range, double shortest)
{
	if (range.low <= 0)
		range.low = range.high = 1;
	double margin = pow(range.high / range.low, 0.06);
	double ratio = range.high / range.low * margin * margin;
	if (ratio < shortest)
		margin *= sqrt(shortest / ratio);
	return (struct plot_range){range.low / margin, range.high * margin};
}

/* ---- Axes ---- */

static void begin_axis(FILE *out, const char *axis, struct plot_range range, const char *title)
{
	(void)fprintf(out, "set %slabel ", axis);
	gnuplot_string(out, "%s", title);
	(void)fprintf(out, "\nset logscale %s 10\nset %srange [%.9g:%.9g]\nset %stics (", axis,
		axis, range.low, range.high, axis);
}

/* "200 µs". No '%' in it: gnuplot takes a label for a format. */
static void put_time(FILE *out, double ns)
{
	static const char *const units[] = {"ns", "µs", "ms", "s"};
	size_t unit = 0;
	while (ns > 999 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		ns /= 1000;
		unit++;
	}
	(void)fprintf(out, "'%.6g %s' ", ns, units[unit]);
}

void gnuplot_time_axis(FILE *out, const char *axis, struct plot_range data, const char *title)
{
	static const double many[] = {1, 1.5, 2, 3, 4, 5, 7, 0}, some[] = {1, 2, 5, 0};
	struct plot_range range = with_margin(data, 4);
	double ratio = range.high / range.low;
	bool all = ratio < 300;
	const char *separator = "";
	begin_axis(out, axis, range, title);
	for (int power = (int)floor(log10(range.low)); pow(10, power) <= range.high; power++)
		for (const double *step = ratio < 12 ? many : some; *step > 0; step++) {
			double at = *step * pow(10, power);
			if (at < range.low || at > range.high)
				continue;
			(void)fputs(separator, out);
			if (*step == 1 || all)
				put_time(out, at);
			else
				(void)fputs("'' ", out);
			(void)fprintf(out, "%.9g%s", at, *step == 1 || all ? "" : " 1");
			separator = ", ";
		}
	(void)fputs(")\n", out);
}

void gnuplot_ratio_axis(FILE *out, const char *axis, struct plot_range data, const char *title)
{
	static const double near[] = {0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.5, 1.7, 2, 2.5, 3};
	static const double far[] = {
		0.1, 0.2, 0.5, 1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50, 100, 200, 500, 1000};
	struct plot_range range = with_margin(data, 1.5);
	bool is_far = range.high / range.low > 5;
	const double *tics = is_far ? far : near;
	size_t count = is_far ? sizeof(far) / sizeof(far[0]) : sizeof(near) / sizeof(near[0]);
	const char *separator = "";
	begin_axis(out, axis, range, title);
	for (size_t i = 0; i < count; i++)
		if (tics[i] >= range.low && tics[i] <= range.high) {
			(void)fprintf(out, "%s'%g' %g", separator, tics[i], tics[i]);
			separator = ", ";
		}
	(void)fputs(")\n", out);
}

void gnuplot_quantile_axis(FILE *out, double samples, const char *title)
{
	static const struct {
		const char *label; /* gnuplot takes it for a format */
		double at;
	} tics[] = {{"", 1}, {"50 %%", 2}, {"90 %%", 10}, {"99 %%", 100}, {"99.9 %%", 1e3},
		{"99.99 %%", 1e4}, {"99.999 %%", 1e5}, {"99.9999 %%", 1e6}};
	begin_axis(out, "x", (struct plot_range){1, fmax(samples, 10) * 1.1}, title);
	for (size_t i = 0; i < sizeof(tics) / sizeof(tics[0]); i++)
		(void)fprintf(out, "%s'%s' %g", i ? ", " : "", tics[i].label, tics[i].at);
	(void)fputs(")\n", out);
}
