/*
 * Which colour, mark and line an allocator has: the same in all plots, and for the usual ones in
 * all runs. The colours can be told apart by people who do not see all of them (M. Okabe, K. Ito,
 * "Color Universal Design", 2008; without its yellow, which is hard to see on white paper);
 * people who see none have the marks. Pure.
 */
#pragma once

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

/* Adds a name that will be drawn, once. It must outlive the palette. */
void palette_add(struct palette *palette, const char *name);

/*
 * Call it after the last palette_add() and before the first palette_style(): gives well-known names
 * their fixed styles, and the others the remaining ones, in order.
 */
void palette_assign(struct palette *palette);

/* The style of that name; the first one for a name that was never added. */
struct plot_style palette_style(const struct palette *palette, const char *name);
