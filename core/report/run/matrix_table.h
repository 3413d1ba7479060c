/* One fork method's table for a terminal: a matrix, or a list where that is too wide. */
#ifndef FORKLAB_MATRIX_TABLE_H
#define FORKLAB_MATRIX_TABLE_H

#include "footnotes.h"
#include "matrix.h"
#include "wrap.h"

/*
 * From the roomiest to the narrowest: a matrix with all counts, without those of ok cells, with
 * superscript footnotes; a list with and without a column of notes; a paragraph for each cell.
 */
enum matrix_layout {
	MATRIX_LAYOUT_FULL,
	MATRIX_LAYOUT_BRIEF,
	MATRIX_LAYOUT_SUPERSCRIPT,
	MATRIX_LAYOUT_LIST_NOTES,
	MATRIX_LAYOUT_LIST,
	MATRIX_LAYOUT_PARAGRAPHS,
};

/* What a table is made from. */
struct matrix_table {
	const struct text_out *text_out;
	const struct matrix *matrix;
	const struct footnotes *footnotes; /* NULL: the cells refer to none */
};

/* The roomiest layout, not before `first`, in which the table fits the paper. -ENOMEM without
 * memory. */
int matrix_table_fit(const struct matrix_table *table, enum matrix_layout first);

/* Prints the table. Returns 0 or -ENOMEM; errors of the stream stay in the stream. */
int matrix_table_print(const struct matrix_table *table, enum matrix_layout layout);

#endif
