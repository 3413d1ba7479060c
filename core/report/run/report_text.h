/*
 * What is said of a report as a whole: one sentence or a few, at most REPORT_TEXT_MAX bytes with
 * the NUL. Strings of the report are not cleaned here (utf8.h).
 */
#pragma once

#include "model.h"

enum { REPORT_TEXT_MAX = 4096 };

/* "forklab 0.1.0 on Linux 6.1.0 x86_64, glibc 2.36, 2 CPUs, 3936 MiB" */
void report_text_host(char out[REPORT_TEXT_MAX], const struct report *report);

/* "400 trials a cell, 4 workers, ..., and a sweep of each cell, seed 1; took 47 s" */
void report_text_options(char out[REPORT_TEXT_MAX], const struct report *report);

/* How many controls gave the known answer, and which; or that there were none. */
void report_text_controls(char out[REPORT_TEXT_MAX], const struct report *report);

/* What a control that did not pass means for the reader. */
void report_text_warning(char out[REPORT_TEXT_MAX], const struct control *control);

/* That the run was interrupted, and when; "" when it was not. */
void report_text_partial(char out[REPORT_TEXT_MAX], const struct report *report);

/* How many sweeps were taken from the store of results, and of when; "" when none was. */
void report_text_reused(char out[REPORT_TEXT_MAX], const struct report *report);

/* That cells have fewer trials or points than were asked for, or none; "" when all have. */
void report_text_cut(char out[REPORT_TEXT_MAX], const struct report *report);

/* That sweeps left out points in long runs of stores; "" when none did. */
void report_text_sampled(char out[REPORT_TEXT_MAX], const struct report *report);

/* Which sweeps are not the same every time, since a lock lies in shared memory. */
void report_text_shared_locks(char out[REPORT_TEXT_MAX], const struct report *report);

/* In which cells an allocation began in one process and ended in another; "" when in none. */
void report_text_pid_changes(char out[REPORT_TEXT_MAX], const struct report *report);

/* What a sweep went through: "954 fork points, all tried, in 25431 instructions; ..." */
void report_text_coverage(char out[REPORT_TEXT_MAX], const struct cell *sweep);

/* What the audits said, for each allocator once; "" without any. */
void report_text_atfork(char out[REPORT_TEXT_MAX], const struct report *report);
/* Under which of its fork methods a cure by handlers has no effect; "" without such cells. */
void report_text_no_mitigation(char out[REPORT_TEXT_MAX], const struct report *report);

/* How to read a table; "" without cells. */
void report_text_legend(char out[REPORT_TEXT_MAX], const struct report *report, bool utf8);
