/* A table of a document, laid out for a terminal. */
#pragma once

#include "document.h"

/* From the roomiest to the narrowest: those of a table, and then those of the narrower ones. */
enum grid_layout { GRID_FULL, GRID_BRIEF, GRID_CUT, GRID_LAYOUTS };

struct grid {
	const struct doc_table *table;
	enum grid_layout layout;
	size_t limit; /* columns that a column that may be cut has at most; 0: no limit */
};

/* The terminal sequence of a tone, or NULL for a plain one. */
const char *tone_color(enum block_tone tone);
#define COLOR_END "\033[0m"

/*
 * The n-th layout of a table; of the last one there is, the table is NULL. `width`: of the
 * terminal, which GRID_CUT fits if it can.
 */
struct grid grid_at(const struct doc_table *table, size_t n, size_t width);

/* The columns that it takes; SIZE_MAX without memory. */
size_t grid_width(const struct grid *grid);

/* Prints it, with a rule below the headings. 0 or -ENOMEM. */
int grid_print(FILE *out, const struct grid *grid, bool utf8, bool color);
