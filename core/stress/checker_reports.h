/*
 * What checking tools (valgrind's) report of the processes of a cell: one XML file for each, in a
 * directory that FORKLAB_REPORTS names in the runners' environment. forklab only, one thread.
 */
#ifndef FORKLAB_CHECKER_REPORTS_H
#define FORKLAB_CHECKER_REPORTS_H

#include "model.h"

enum { REPORTS_KINDS_MAX = 16 };

struct reports {
	unsigned processes; /* that wrote a report, */
	unsigned reported;  /* and found anything, */
	unsigned cut;       /* and did not come to the end of it: they were killed */
	unsigned errors;    /* distinct ones in each process, added up */
	unsigned kinds;
	struct {
		char name[MODEL_NAME_MAX]; /* as the tool calls it: "InvalidRead" */
		unsigned count;
	} kind[REPORTS_KINDS_MAX]; /* further ones are in `errors` only */
};

/*
 * Makes the directory, in $TMPDIR or /tmp, and tells the runners to come; once. 0 or -errno.
 * reports_end() removes it and all that is in it; without a directory it does nothing.
 */
int reports_begin(void);
void reports_end(void);

/*
 * Adds one report, given as text. What stands in one that was cut off counts; anything that is no
 * report of valgrind's counts as a process that was cut. Leaks do not count. Pure.
 */
void reports_add(struct reports *reports, const char *xml, size_t length);

/* Reads and removes the reports that are there, and makes them a note on the cell. */
void reports_note(struct cell *cell, const char *tool);

#endif
