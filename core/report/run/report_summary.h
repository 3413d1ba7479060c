/* The sentences under the table: what the results mean, and what to run next. */
#ifndef FORKLAB_REPORT_SUMMARY_H
#define FORKLAB_REPORT_SUMMARY_H

#include "model.h"

/* Fills in report->note from the results. 0 or -ENOMEM. */
int report_summary_write(struct report *report);

#endif
