/* --plot DIR: drawings of what a command has found, by gnuplot, as SVG. */
#ifndef FORKLAB_PLOT_H
#define FORKLAB_PLOT_H

#include "choose_model.h"
#include "cost_model.h"

#include <stdio.h>

/* Which of the files the command writes, if there is something to be drawn: bits. */
enum plot_files {
	PLOT_DISTRIBUTIONS = 1, /* one place of the grid: distributions */
	PLOT_SCALING = 2,       /* what grows with the heap and the threads */
	PLOT_REQUESTS = 4,      /* the server's requests */
	PLOT_PARETO = 8,        /* the Pareto front */
};

struct plot {
	const char *directory;
	unsigned files; /* of enum plot_files */
};

/*
 * Before anything is measured: gnuplot is there, and so is the directory, which is made if only it
 * itself is missing; the files can be written. Returns 0, or -errno with one sentence for the user
 * in error[size].
 */
int plot_prepare(const struct plot *plot, char *error, size_t size);

/*
 * Draws all, then writes the files, each whole or not at all. `costs` and `choice` may be NULL
 * where none of the files is of theirs. Tells `notes` in a line each which file there is nothing to
 * be drawn in, and, unless `quiet`, which ones were written.
 *
 * Returns 0, or with one sentence for the user in error[size] -EINTR (an interrupt came while
 * gnuplot drew) or another -errno. Before all are drawn no file is touched.
 */
int plot_draw(const struct plot *plot, const struct cost_report *costs,
	const struct choose_report *choice, FILE *notes, bool quiet, char *error, size_t size);

#endif
