/* A whole run: the controls first, then every cell of the plan with its share of the budget. */
#pragma once

#include "catalogue.h"
#include "model.h"
#include "options.h"
#include "plan.h"
#include "progress_hooks.h"

/* Audits the atfork handlers of the report's allocators, for so many seconds; 0: no limit. */
typedef void campaign_audit(
	struct report *report, const struct catalogue *catalogue, double seconds);

/*
 * Runs everything and fills *report; `audit` is called once all cells are measured (NULL: no
 * audits). `hooks`: NULL, or where progress is reported. An interrupt ends it early:
 * report->partial, with the cells that were measured. 0 or -ENOMEM. Release with campaign_free().
 */
int campaign_run(struct report *report, const struct options *options,
	const struct catalogue *catalogue, const struct plan_list *list, campaign_audit *audit,
	const struct progress_hooks *hooks);
void campaign_free(struct report *report);

/*
 * The exit status for the results: 0, 1 (--fail-on), 2 (--point beyond the last fork point), 3
 * (broken, or a control failed).
 */
int campaign_status(const struct report *report, const struct options *options);
