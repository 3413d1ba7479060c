/* --plot DIR: drawings of what a command has found, by gnuplot, as SVG. */
#pragma once

#include "choose_model.h"
#include "cost_model.h"

#include <stdio.h>

/* The files that a command writes if there are data for them: bits. */
enum plot_files {
	PLOT_DISTRIBUTIONS = 1, /* distributions at one grid point */
	PLOT_SCALING = 2,       /* costs by heap and by threads */
	PLOT_REQUESTS = 4,      /* the server's requests */
	PLOT_PARETO = 8,        /* the Pareto front */
};

struct plot {
	const char *directory;
	unsigned files; /* of enum plot_files */
};

/*
 * Before anything is measured: checks that gnuplot is installed and that the files can be written
 * to the directory, which is created if only its last component is missing. Returns 0, or -errno
 * with one sentence for the user in error[size].
 */
int plot_prepare(const struct plot *plot, char *error, size_t size);

/*
 * Draws all, then writes the files, each whole or not at all. `costs` or `choice` may be NULL if no
 * file needs it. Writes a line to `notes` for each file without data and, unless `quiet`, one that
 * lists the files written.
 *
 * Returns 0, or with one sentence for the user in error[size] -EINTR (an interrupt came while
 * gnuplot drew) or another -errno. Before all are drawn no file is touched.
 */
int plot_draw(const struct plot *plot, const struct cost_report *costs,
	const struct choose_report *choice, FILE *notes, bool quiet, char *error, size_t size);
