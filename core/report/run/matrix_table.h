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
enum table_layout {
	TABLE_MATRIX,
	TABLE_MATRIX_BRIEF,
	TABLE_MATRIX_RAISED,
	TABLE_LIST_NOTED,
	TABLE_LIST,
	TABLE_PARAGRAPHS,
};

/* What a table is made from. */
struct table {
	const struct paper *paper;
	const struct matrix *matrix;
	const struct footnotes *footnotes; /* NULL: the cells refer to none */
};

/* The roomiest layout, not before `first`, in which the table fits the paper. -ENOMEM without
 * memory. */
int table_fitting(const struct table *table, enum table_layout first);

/* Prints the table. Returns 0 or -ENOMEM; errors of the stream stay in the stream. */
int table_print(const struct table *table, enum table_layout layout);

#endif
