/* The layouts in rows and columns, set by libsmartcols. */
#ifndef FORKLAB_MATRIX_LAYOUT_H
#define FORKLAB_MATRIX_LAYOUT_H

#include "matrix_table.h"

/*
 * The text of the table in a layout other than MATRIX_LAYOUT_PARAGRAPHS, as wide as it needs to be:
 * a line of headings, then the rows. Lines may end in blanks. NULL without memory; free() it.
 */
char *matrix_layout_text(const struct matrix_table *table, enum matrix_layout layout, bool color);

#endif
