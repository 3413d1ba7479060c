/* The report as tables: for each fork method, allocators by scenarios. */
#ifndef FORKLAB_PRINT_MATRIX_H
#define FORKLAB_PRINT_MATRIX_H

#include "model.h"

#include <stddef.h>

/* Names in the order of their first cell; the strings belong to the report. */
struct axis {
	size_t count;
	const char **name;
};

struct matrix {
	struct axis allocator; /* the rows */
	struct axis scenario;  /* the columns */
	const struct cell **cell;
};

/* The fork methods of the report. Returns 0 or -ENOMEM; axis_free() it. */
int matrix_methods(struct axis *methods, const struct report *report);
void axis_free(struct axis *axis);

/* The cells of one fork method. Returns 0 or -ENOMEM; matrix_free() it. */
int matrix_build(struct matrix *matrix, const struct report *report, const char *method);
void matrix_free(struct matrix *matrix);

/* The cell in that row and column, or NULL if it was not asked for. */
const struct cell *matrix_cell(const struct matrix *matrix, size_t allocator, size_t scenario);

/* The first cell of a row: what is said of its allocator holds for all of them. */
const struct cell *matrix_row(const struct matrix *matrix, size_t allocator);

#endif
