/*
 * What checking tools (valgrind's) report of the processes of a cell: one XML file for each, in a
 * directory that FORKLAB_REPORTS names in the runners' environment. forklab only, one thread.
 */
#ifndef FORKLAB_CHECKER_REPORTS_H
#define FORKLAB_CHECKER_REPORTS_H

#include "model.h"

enum { CHECKER_KINDS_MAX = 16 };

struct checker_reports {
	unsigned processes; /* that wrote a report, */
	unsigned reported;  /* and found anything, */
	unsigned cut;       /* and did not come to the end of it: they were killed */
	unsigned errors;    /* distinct ones in each process, added up */
	unsigned kinds;
	struct {
		char name[MODEL_NAME_MAX]; /* as the tool calls it: "InvalidRead" */
		unsigned count;
	} kind[CHECKER_KINDS_MAX]; /* further ones are in `errors` only */
};

/*
 * Makes the directory, in $TMPDIR or /tmp, and tells the runners to come; once. 0 or -errno.
 * checker_reports_end() removes it and all that is in it; without a directory it does nothing.
 */
int checker_reports_begin(void);
void checker_reports_end(void);

/*
 * Adds one report, given as text. What stands in one that was cut off counts; anything that is no
 * report of valgrind's counts as a process that was cut. Leaks do not count. Pure.
 */
void checker_reports_add(struct checker_reports *reports, const char *xml, size_t length);

/* Reads and removes the reports that are there, and makes them a note on the cell. */
void checker_reports_collect(struct cell *cell, const char *tool);

#endif
