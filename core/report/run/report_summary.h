/* The two or three sentences under the table: what the results mean, and what to run next. */
#ifndef FORKLAB_REPORT_SUMMARY_H
#define FORKLAB_REPORT_SUMMARY_H

#include "model.h"

/* Builds report->note from the results; nothing that is not in them. 0 or -ENOMEM. */
int report_summary_write(struct report *report);

#endif
