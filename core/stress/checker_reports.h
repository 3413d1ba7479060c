/*
 * Reports of checking tools (valgrind) on the processes of a cell: one XML file per process, in a
 * directory that the runners find in FORKLAB_REPORTS. forklab only, one thread.
 */
#pragma once

#include "model.h"

enum { CHECKER_KINDS_MAX = 16 };

struct checker_reports {
	unsigned processes; /* that wrote a report */
	unsigned reported;  /* of these, with errors */
	unsigned cut;       /* of these, incomplete: the process was killed */
	unsigned errors;    /* distinct within each process, summed */
	unsigned kinds;
	struct {
		char name[MODEL_NAME_MAX]; /* in the tool's spelling: "InvalidRead" */
		unsigned count;
	} kind[CHECKER_KINDS_MAX]; /* further kinds are counted in `errors` only */
};

/*
 * Creates the directory in $TMPDIR or /tmp and passes it to the runners. 0 or -errno.
 * checker_reports_end() removes it with its contents; without a directory it does nothing.
 */
int checker_reports_begin(void);
void checker_reports_end(void);

/*
 * Adds one report, given as text. The errors of an incomplete report count; what is no report of
 * valgrind counts as an incomplete one. Leaks do not count. Pure.
 */
void checker_reports_add(struct checker_reports *reports, const char *xml, size_t length);

/* Reads and removes the reports, and adds their summary to the notes of the cell. */
void checker_reports_collect(struct cell *cell, const char *tool);
