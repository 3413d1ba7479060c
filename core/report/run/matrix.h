/* The report as tables: for each fork method, allocators by scenarios. */
#pragma once

#include "result.h"

#include <stdbool.h>
#include <stddef.h>

/* Names in the order of their first pair; the strings belong to the report. */
struct matrix_axis {
	size_t count;
	const char **name;
};

struct matrix {
	struct matrix_axis allocator; /* the rows: an allocator, with its cure if it has one */
	struct matrix_axis scenario;  /* the columns */
	const struct result **result;
};

/* The fork methods of the report, in the order of their first pair. The number of them. */
size_t matrix_methods(enum fork_method methods[METHOD_COUNT], const struct results *results);

/* The pairs of one fork method. Returns 0 or -ENOMEM; matrix_free() it. */
int matrix_build(struct matrix *matrix, const struct results *results, enum fork_method method);
void matrix_free(struct matrix *matrix);

/* The pair in that row and column, or NULL if it was not asked for. */
const struct result *matrix_result(const struct matrix *matrix, size_t allocator, size_t scenario);

/*
 * True when the table is to tell what the allocators' atfork handlers are: where they run, and are
 * known.
 */
bool matrix_has_atfork(const struct matrix *matrix);

/* The first pair of a row: what is said of its allocator holds for all of them. */
const struct result *matrix_first_result(const struct matrix *matrix, size_t allocator);
