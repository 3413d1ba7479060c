/* The bound and the quantile, against known values, their definitions, and (HAVE_GSL) GSL. */
#include "stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#ifdef HAVE_GSL
#include <gsl/gsl_cdf.h>
#endif

static void assert_near(double got, double expected, double tolerance)
{
	if (!(fabs(got - expected) <= tolerance * fabs(expected)))
		fail_msg("got %.12g, expected %.12g", got, expected);
}

/* 1 - 0.05^(1/n), and R's binom.test(bad, n, alternative = "less")$conf.int[2]. */
static void bounds_of_known_experiments(void **state)
{
	static const struct {
		uint32_t bad, trials;
		double upper;
	} known[] = {
		{0, 1, 0.95},
		{0, 100, 0.02951304962},
		{0, 500, 0.005973557056},
		{1, 10, 0.3941633},
		{5, 10, 0.7775589},
		{9, 10, 0.9948838},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_near(stats_upper95(known[i].bad, known[i].trials), known[i].upper, 1e-6);
}

static void nothing_tried_and_all_bad_say_nothing(void **state)
{
	(void)state;
	assert_true(stats_upper95(0, 0) == 1);
	assert_true(stats_upper95(7, 7) == 1);
	assert_true(stats_upper95(8, 7) == 1);
	assert_true(stats_upper95(UINT32_MAX, UINT32_MAX) == 1);
}

/* The definition: at the bound, so few are seen in 5 % of all experiments. Binomial tail by hand.
 */
static void the_bound_is_where_its_definition_says(void **state)
{
	(void)state;
	for (uint32_t n = 1; n <= 60; n++) {
		for (uint32_t bad = 0; bad < n; bad++) {
			double p = stats_upper95(bad, n), seen = 0;
			for (uint32_t k = 0; k <= bad; k++)
				seen += exp(lgamma(n + 1.0) - lgamma(k + 1.0) -
					    lgamma(n - k + 1.0) + k * log(p) + (n - k) * log1p(-p));
			assert_near(seen, 0.05, 1e-7);
		}
	}
}

static void bounds_grow_with_the_bad_and_shrink_with_the_trials(void **state)
{
	(void)state;
	for (uint32_t bad = 0; bad < 400; bad++) {
		double bound = stats_upper95(bad, 400);
		assert_true(bound > bad / 400.0);
		assert_true(bound < stats_upper95(bad + 1, 400));
		assert_true(bound > stats_upper95(bad, 401));
	}
}

#ifdef HAVE_GSL
/* GSL's inverse does not converge for the greatest of these; its distribution function does. */
static void bounds_agree_with_gsl(void **state)
{
	static const uint32_t trials[] = {
		1, 2, 3, 10, 99, 100, 400, 5000, 20000, 1000000, 10000000};
	static const double rates[] = {0, 1e-6, 1e-3, 0.1, 0.5, 0.9, 0.999};
	(void)state;
	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++) {
		for (size_t j = 0; j < sizeof(rates) / sizeof(rates[0]); j++) {
			uint32_t n = trials[i], bad = (uint32_t)(rates[j] * n);
			double bound = stats_upper95(bad, n), a = bad + 1.0, b = (double)n - bad;
			assert_near(gsl_cdf_beta_P(bound, a, b), 0.95, 1e-6);
			if (n <= 5000)
				assert_near(bound, gsl_cdf_beta_Pinv(0.95, a, b), 1e-7);
		}
	}
}
#endif

static void quantiles_interpolate_between_neighbours(void **state)
{
	double values[] = {40, 10, 30, 20};
	(void)state;
	assert_near(stats_quantile(values, 4, 0), 10, 1e-12);
	assert_near(stats_quantile(values, 4, 1), 40, 1e-12);
	assert_near(stats_quantile(values, 4, 0.5), 25, 1e-12);
	assert_near(stats_quantile(values, 4, 0.25), 17.5, 1e-12);
	assert_near(stats_quantile(values, 4, 0.99), 39.7, 1e-12);
	assert_near(stats_quantile(values, 4, -3), 10, 1e-12);
	assert_near(stats_quantile(values, 4, 3), 40, 1e-12);
}

static void quantiles_of_little(void **state)
{
	double one = 7, same[] = {3, 3, 3};
	(void)state;
	assert_true(isnan(stats_quantile(NULL, 0, 0.5)));
	assert_near(stats_quantile(&one, 1, 0.5), 7, 1e-12);
	assert_near(stats_quantile(same, 3, 0.99), 3, 1e-12);
}

static void values_are_left_sorted(void **state)
{
	double values[] = {3, -1, 2, 2, -7};
	(void)state;
	(void)stats_quantile(values, 5, 0.5);
	for (size_t i = 1; i < 5; i++)
		assert_true(values[i - 1] <= values[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_of_known_experiments),
		cmocka_unit_test(nothing_tried_and_all_bad_say_nothing),
		cmocka_unit_test(the_bound_is_where_its_definition_says),
		cmocka_unit_test(bounds_grow_with_the_bad_and_shrink_with_the_trials),
#ifdef HAVE_GSL
		cmocka_unit_test(bounds_agree_with_gsl),
#endif
		cmocka_unit_test(quantiles_interpolate_between_neighbours),
		cmocka_unit_test(quantiles_of_little),
		cmocka_unit_test(values_are_left_sorted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
