#include "matrix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int matrix_axis_new(struct matrix_axis *axis, size_t most)
{
	*axis = (struct matrix_axis){.name = calloc(most + 1, sizeof(char *))};
	return axis->name ? 0 : -ENOMEM;
}

static void matrix_axis_free(struct matrix_axis *axis)
{
	free(axis->name);
	*axis = (struct matrix_axis){0};
}

/* The place of a name on the axis, which is made if there is none yet. */
static size_t axis_index(struct matrix_axis *axis, const char *name)
{
	size_t i = 0;
	while (i < axis->count && strcmp(axis->name[i], name) != 0)
		i++;
	if (i == axis->count)
		axis->name[axis->count++] = name;
	return i;
}

size_t matrix_methods(enum fork_method methods[METHOD_COUNT], const struct results *results)
{
	bool seen[METHOD_COUNT] = {false};
	size_t count = 0;
	for (size_t i = 0; i < results->count; i++) {
		enum fork_method method = result_deciding_cell(&results->result[i])->method;
		if (!seen[method])
			methods[count++] = method;
		seen[method] = true;
	}
	return count;
}

static size_t cell_index(const struct matrix *matrix, size_t allocator, size_t scenario)
{
	return allocator * matrix->scenario.count + scenario;
}

static int fill(struct matrix *matrix, const struct results *results, enum fork_method method)
{
	size_t cells;
	for (size_t i = 0; i < results->count; i++) {
		const struct cell *cell = result_deciding_cell(&results->result[i]);
		if (cell->method != method)
			continue;
		(void)axis_index(&matrix->allocator, model_subject(cell));
		(void)axis_index(&matrix->scenario, cell->scenario);
	}
	cells = matrix->allocator.count * matrix->scenario.count;
	matrix->result = calloc(cells + 1, sizeof(struct result *));
	if (!matrix->result)
		return -ENOMEM;
	for (size_t i = 0; i < results->count; i++) {
		const struct cell *cell = result_deciding_cell(&results->result[i]);
		if (cell->method == method)
			matrix->result[cell_index(matrix,
				axis_index(&matrix->allocator, model_subject(cell)),
				axis_index(&matrix->scenario, cell->scenario))] =
				&results->result[i];
	}
	return 0;
}

int matrix_build(struct matrix *matrix, const struct results *results, enum fork_method method)
{
	int status;
	*matrix = (struct matrix){0};
	status = matrix_axis_new(&matrix->allocator, results->count);
	if (status == 0)
		status = matrix_axis_new(&matrix->scenario, results->count);
	if (status == 0)
		status = fill(matrix, results, method);
	if (status != 0)
		matrix_free(matrix);
	return status;
}

void matrix_free(struct matrix *matrix)
{
	matrix_axis_free(&matrix->allocator);
	matrix_axis_free(&matrix->scenario);
	free(matrix->result);
	matrix->result = NULL;
}

const struct result *matrix_result(const struct matrix *matrix, size_t allocator, size_t scenario)
{
	return matrix->result[cell_index(matrix, allocator, scenario)];
}

const struct result *matrix_first_result(const struct matrix *matrix, size_t allocator)
{
	size_t scenario = 0;
	while (!matrix_result(matrix, allocator, scenario))
		scenario++; /* a row exists because one of its pairs does */
	return matrix_result(matrix, allocator, scenario);
}

bool matrix_has_atfork(const struct matrix *matrix)
{
	for (size_t i = 0; i < matrix->allocator.count; i++) {
		const struct cell *cell = result_deciding_cell(matrix_first_result(matrix, i));
		if (cell->audited && cell->method == METHOD_FORK)
			return true;
	}
	return false;
}
