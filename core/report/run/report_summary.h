/* The sentences under the table: what the results mean, and what to run next. */
#pragma once

#include "model.h"

/* Fills in report->note from the results. 0 or -ENOMEM. */
int report_summary_write(struct report *report);
