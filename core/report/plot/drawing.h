/*
 * The drawings: what gnuplot is to be told for each of them. They show what was measured and
 * nothing else; where the rounds lie too far apart for a value there is a bar without a mark. Pure.
 */
#ifndef FORKLAB_DRAWING_H
#define FORKLAB_DRAWING_H

#include "choose_model.h"
#include "cost_model.h"
#include "gnuplot.h"
#include "palette.h"

#include <stdio.h>

/* What is drawn, all of it borrowed. */
struct drawing {
	const struct cost_report *costs;    /* NULL: nothing was measured in this run */
	const struct choose_report *choice; /* NULL: nothing was chosen */
	struct palette palette;             /* of all names in both */
};

/*
 * Writes the script of one drawing to `out`. Returns true; or false when there is nothing to be
 * drawn, with the reason in why[size]: half a sentence, after "... is not drawn: ". Then what was
 * written is no script. The caller looks for errors of `out`.
 */
typedef bool drawing_writer(FILE *out, const struct drawing *drawing, char *why, size_t size);

drawing_writer draw_fork_latency;    /* how long fork() took, all samples */
drawing_writer draw_stall_latency;   /* calls of the other threads, around forks and without */
drawing_writer draw_request_latency; /* requests of the server that was run */
drawing_writer draw_cost_by_heap, draw_cost_by_threads;
drawing_writer draw_pareto;

/* Small print of a drawing of costs: `words`; how it was measured, and what makes it doubtful. */
void drawing_caption(char out[GNUPLOT_CAPTION_LINES][GNUPLOT_STRING_MAX],
	const struct cost_report *report, const char *words);

/* A range from one point to another, with a stroke across both ends; nothing at a point between. */
#define DRAWING_BAR "heads size screen 0.003,90 linewidth 1.3"

/* A data block of that many columns' pieces is $NAMEi, where gnuplot reads it. */
void drawing_begin_data(FILE *out, const char *name, size_t index);
void drawing_end_data(FILE *out);

/* Panels of the same size, side by side and below each other. */
struct drawing_layout {
	unsigned columns, rows, width, height; /* the last two: pixels of all */
};
struct drawing_layout drawing_layout_of(size_t panels);

/* Begins them, up to where the title of them all is to be written by gnuplot_string(). */
void drawing_begin_panels(FILE *out, const struct drawing_layout *layout);

/* After the words of a panel's "plot": what stands on the whole sheet stands there once. */
void drawing_end_panel(FILE *out);

/* Makes the next panel one without axes, for a key of so many names that fills it. */
void drawing_begin_key(FILE *out, size_t names);

/*
 * How far aside a column's bar stands, so that those of all can be seen: `step` from one to the
 * next, and no more than `most` from the first to the last.
 */
double drawing_offset(size_t column, size_t columns, double step, double most);

#endif
