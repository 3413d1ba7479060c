/*
 * What gnuplot is told, piece by piece: an SVG on its standard output, words that it takes as they
 * are, axes of times. Everything that is drawn comes from numbers in the script itself. Pure.
 */
#ifndef FORKLAB_GNUPLOT_H
#define FORKLAB_GNUPLOT_H

#include <stdbool.h>
#include <stdio.h>

enum { GNUPLOT_CAPTION_LINES = 2, GNUPLOT_STRING_MAX = 512 };

/* Begins a drawing of that many pixels, with lines of small print below it. */
void gnuplot_begin(FILE *out, unsigned width, unsigned height,
	const char caption[GNUPLOT_CAPTION_LINES][GNUPLOT_STRING_MAX]);

/*
 * Words as a string of gnuplot's. What looks like markup, a quote or a command in them stays what
 * it is; control characters become '?'. Cut after GNUPLOT_STRING_MAX bytes.
 */
void gnuplot_string(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What an axis reaches from and to. Begin with {0}; both ends are positive then. */
struct plot_range {
	double low, high; /* 0: nothing was taken in yet */
};

/* Takes in a value that is to be seen; one that is not positive or not finite is none. */
void plot_range_add(struct plot_range *range, double value);

/*
 * A logarithmic axis ("x" or "y") of times in ns, or of ratios, with room around what it must show:
 * labels where people look for them ("100 µs", "2"), lines between them.
 */
void gnuplot_time_axis(FILE *out, const char *axis, struct plot_range data, const char *title);
void gnuplot_ratio_axis(FILE *out, const char *axis, struct plot_range data, const char *title);

/*
 * The logarithmic x axis of a distribution: 1 / (1 - q) for the q-quantile, so that each nine takes
 * as much room, from 0 % to what `samples` can tell.
 */
void gnuplot_quantile_axis(FILE *out, double samples, const char *title);

#endif
