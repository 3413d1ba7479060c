/*
 * The drawings: the gnuplot script of each one. They show only what was measured; where the rounds
 * are too far apart for a value, there is a bar without a mark. Pure.
 */
#pragma once

#include "choose_model.h"
#include "cost_model.h"
#include "gnuplot.h"
#include "palette.h"

#include <stdio.h>

/* What is drawn; all pointers are borrowed. */
struct drawing {
	const struct cost_report *costs;    /* NULL: nothing was measured in this run */
	const struct choose_report *choice; /* NULL: nothing was chosen */
	struct palette palette;             /* of all names in both */
};

/*
 * Writes the script of one drawing to `out`. Returns true; or false when there is nothing to draw,
 * with the reason in why[size]: the end of the sentence "... is not drawn: ". The script is
 * incomplete then. The caller checks `out` for errors.
 */
typedef bool drawing_writer(FILE *out, const struct drawing *drawing, char *why, size_t size);

drawing_writer draw_fork_latency;    /* how long fork() took, all samples */
drawing_writer draw_stall_latency;   /* calls of the other threads, around forks and without */
drawing_writer draw_request_latency; /* requests of the server that was run */
drawing_writer draw_cost_by_heap, draw_cost_by_threads;
drawing_writer draw_pareto;

/*
 * The small print of a drawing of costs: `words`, how it was measured, and what makes it doubtful.
 */
void drawing_caption(char out[GNUPLOT_CAPTION_LINES][GNUPLOT_STRING_MAX],
	const struct cost_report *report, const char *words);

/* A range: a line with a stroke across both ends. */
#define DRAWING_BAR "heads size screen 0.003,90 linewidth 1.3"

/* gnuplot's data block $NAMEi, for column i. */
void drawing_begin_data(FILE *out, const char *name, size_t index);
void drawing_end_data(FILE *out);

/* Panels of the same size, side by side and below each other. */
struct drawing_layout {
	unsigned columns, rows, width, height; /* the last two: pixels of all */
};
struct drawing_layout drawing_layout_of(size_t panels);

/* Begins the panels. The caller writes their common title next, with gnuplot_string(). */
void drawing_begin_panels(FILE *out, const struct drawing_layout *layout);

/* Ends a panel. The labels of the whole drawing are unset, so that they appear only once. */
void drawing_end_panel(FILE *out);

/* Makes the next panel one without axes that a key of so many names fills. */
void drawing_begin_key(FILE *out, size_t names);

/*
 * The offset of a column's bar, so that the bars do not cover each other: `step` from one to the
 * next, and at most `most` from the first to the last.
 */
double drawing_offset(size_t column, size_t columns, double step, double most);
