/*
 * Parts of a gnuplot script: an SVG on its standard output, quoted strings, axes. All data are in
 * the script itself. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

enum { GNUPLOT_CAPTION_LINES = 2, GNUPLOT_STRING_MAX = 512 };

/* Begins a drawing of that many pixels, with lines of small print below it. */
void gnuplot_begin(FILE *out, unsigned width, unsigned height,
	const char caption[GNUPLOT_CAPTION_LINES][GNUPLOT_STRING_MAX]);

/*
 * A gnuplot string. Markup, quotes and commands in it have no effect; control characters become
 * '?'. Cut after GNUPLOT_STRING_MAX bytes.
 */
void gnuplot_string(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The range of an axis. Starts as {0}; both ends are positive after that. */
struct plot_range {
	double low, high; /* 0: still empty */
};

/* Extends the range to a value; ignores one that is not positive or not finite. */
void plot_range_add(struct plot_range *range, double value);

/*
 * A logarithmic axis ("x" or "y") of times in ns, or of ratios, with a margin around the data and
 * labels at round values ("100 µs", "2").
 */
void gnuplot_time_axis(FILE *out, const char *axis, struct plot_range data, const char *title);
void gnuplot_ratio_axis(FILE *out, const char *axis, struct plot_range data, const char *title);

/*
 * The logarithmic x axis of a distribution: 1 / (1 - q) for the q-quantile, so that each nine takes
 * the same space, from 0 % to what `samples` support.
 */
void gnuplot_quantile_axis(FILE *out, double samples, const char *title);
