/* The column `atfork` of the comparison table: one audit per allocator of a report. */
#pragma once

#include "catalogue.h"
#include "model.h"

/*
 * Audits each allocator of the report once and fills in `audited` and `atfork` of its
 * cells. An interrupt ends it early, and after so many seconds (0: no limit) no further audit
 * begins. Called last: no verdict depends on the handlers.
 */
void audit_cells(struct report *report, const struct catalogue *catalogue, double seconds);
