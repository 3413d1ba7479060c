#include "stats.h"

#include <math.h>
#include <stdlib.h>

enum {
	/* It converges within a small multiple of sqrt(max(a, b)): 65536 for 2^32 trials. */
	FRACTION_STEPS_MAX = 1000000,
	BISECTIONS = 60, /* of [0, 1]: beyond the precision of a double */
};

/* Keeps a denominator of the recurrence away from 0 (Thompson's modification of Lentz). */
static double away_from_zero(double x)
{
	return fabs(x) < 1e-300 ? 1e-300 : x;
}

/*
 * The continued fraction of the incomplete beta function: DLMF (https://dlmf.nist.gov) 8.17.22,
 * evaluated from the front with the modified Lentz algorithm.
 */
static double beta_fraction(double a, double b, double x)
{
	double c = 1;
	double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
	double h = d;
	for (int m = 1; m < FRACTION_STEPS_MAX; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		d = 1 / away_from_zero(1 + even * d);
		c = away_from_zero(1 + even / c);
		h *= d * c;
		d = 1 / away_from_zero(1 + odd * d);
		c = away_from_zero(1 + odd / c);
		h *= d * c;
		if (fabs(d * c - 1) < 1e-15)
			break;
	}
	return h;
}

/* I_x(a, b), the regularized incomplete beta function, for 0 < x < 1. */
static double beta_regularized(double a, double b, double x)
{
	int sign;
	double scale = lgamma_r(a + b, &sign) - lgamma_r(a, &sign) - lgamma_r(b, &sign);
	double front = exp(scale + a * log(x) + b * log1p(-x));
	/* The fraction converges fast only below the mean; use the symmetry above it. */
	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(a, b, x) / a;
	return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double stats_upper95(uint32_t bad, uint32_t trials)
{
	double low = 0, high = 1;
	if (bad >= trials)
		return 1;
	if (bad == 0)
		return -expm1(log(0.05) / trials);
	for (int i = 0; i < BISECTIONS; i++) {
		double middle = (low + high) / 2;
		if (beta_regularized(bad + 1.0, (double)trials - bad, middle) < 0.95)
			low = middle;
		else
			high = middle;
	}
	return high;
}

static int ascending(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;
	return (a > b) - (a < b);
}

double stats_quantile(double *values, size_t n, double q)
{
	if (n == 0)
		return NAN;
	qsort(values, n, sizeof(*values), ascending);
	double position = fmin(fmax(q, 0), 1) * (double)(n - 1);
	size_t below = (size_t)position;
	if (below + 1 >= n)
		return values[n - 1];
	return values[below] + (position - (double)below) * (values[below + 1] - values[below]);
}
