/* The comparison table: what the commands run, stress and sweep have in common. */
#pragma once

#include "campaign.h"
#include "output_format.h"

/* The formats of the table, as bits. */
#define COMPARISON_FORMATS                                                                         \
	(1U << OUTPUT_TEXT | 1U << OUTPUT_JSON | 1U << OUTPUT_CSV | 1U << OUTPUT_MARKDOWN |        \
		1U << OUTPUT_JUNIT)

/* Runs the plan of the options, with `audit` (NULL: none), and prints. Returns the exit status. */
int comparison_run(
	const struct catalogue *catalogue, const struct options *options, campaign_audit *audit);
