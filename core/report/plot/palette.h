/*
 * Which colour, mark and line an allocator has: the same in all plots, and for the usual ones in
 * all runs. The colours can be told apart by people who do not see all of them (M. Okabe, K. Ito,
 * "Color Universal Design", 2008; without its yellow, which is hard to see on white paper);
 * people who see none have the marks. Pure.
 */
#ifndef FORKLAB_PALETTE_H
#define FORKLAB_PALETTE_H

#include <stddef.h>

enum { PALETTE_MAX = 160 };

struct plot_style {
	const char *colour; /* "#rrggbb" */
	int filled, open;   /* gnuplot's numbers of the mark */
	int dash;           /* and of the line */
};

/* All zero to begin with. */
struct palette {
	size_t count;
	struct {
		const char *name;
		size_t style;
	} entry[PALETTE_MAX];
};

/* A name that will be drawn; again does no harm. It must outlive the palette. */
void palette_add(struct palette *palette, const char *name);

/*
 * After the last name, and before the first question: gives each its style, the usual ones theirs
 * and the others what is left, in the order in which they came.
 */
void palette_assign(struct palette *palette);

/* The style of that name; of one that was never added, the first one. */
struct plot_style palette_style(const struct palette *palette, const char *name);

#endif
