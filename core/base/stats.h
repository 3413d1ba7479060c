/* The statistics of the tables. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * The exact one-sided upper 95 % confidence bound of a rate, after `bad` of `trials`: the largest
 * rate at which so few would be observed with a probability of 5 %. It is the 0.95 quantile of the
 * Beta(bad + 1, trials - bad) distribution (C. J. Clopper, E. S. Pearson, "The use of confidence or
 * fiducial limits illustrated in the case of the binomial", Biometrika 26, 1934); for bad = 0 it is
 * 1 - 0.05^(1/trials).
 *
 * Returns a rate from 0 to 1 with a relative error below 1e-7; 1 without trials or if all were bad.
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
