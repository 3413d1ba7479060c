/* The statistics of the tables. Pure. */
#ifndef FORKLAB_STATS_H
#define FORKLAB_STATS_H

#include <stddef.h>
#include <stdint.h>

/*
 * The exact one-sided upper 95 % confidence bound of a rate of which `bad` of `trials` were seen:
 * the largest rate under which so few would still be seen in 5 % of all such experiments. It is the
 * 0.95 quantile of the Beta(bad + 1, trials - bad) distribution (C. J. Clopper, E. S. Pearson, "The
 * use of confidence or fiducial limits illustrated in the case of the binomial", Biometrika 26,
 * 1934); for bad = 0 that is 1 - 0.05^(1/trials).
 *
 * Returns a rate from 0 to 1, within a relative 1e-7; 1 when nothing was tried or all were bad.
 */
double stats_upper95(uint32_t bad, uint32_t trials);

/*
 * The q-quantile (0 to 1, clamped) of n values, none of them NaN, in the unit of the values: linear
 * interpolation between the two nearest order statistics ("type 7" of R. J. Hyndman, Y. Fan,
 * "Sample quantiles in statistical packages", 1996; the default of R and NumPy). Sorts the values
 * in place.
 *
 * Returns NaN when n is 0.
 */
double stats_quantile(double *values, size_t n, double q);

#endif
