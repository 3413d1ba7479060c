#include "print/matrix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int axis_new(struct axis *axis, size_t most)
{
	*axis = (struct axis){.name = calloc(most + 1, sizeof(char *))};
	return axis->name ? 0 : -ENOMEM;
}

void axis_free(struct axis *axis)
{
	free(axis->name);
	*axis = (struct axis){0};
}

/* The place of a name on the axis, which is made if there is none yet. */
static size_t place_of(struct axis *axis, const char *name)
{
	size_t i = 0;

	while (i < axis->count && strcmp(axis->name[i], name) != 0)
		i++;
	if (i == axis->count)
		axis->name[axis->count++] = name;
	return i;
}

int matrix_methods(struct axis *methods, const struct report *report)
{
	if (axis_new(methods, report->cells) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < report->cells; i++)
		(void)place_of(methods, report->cell[i].method);
	return 0;
}

static size_t position(const struct matrix *matrix, size_t allocator, size_t scenario)
{
	return allocator * matrix->scenario.count + scenario;
}

static int fill(struct matrix *matrix, const struct report *report, const char *method)
{
	size_t places;

	for (size_t i = 0; i < report->cells; i++) {
		if (strcmp(report->cell[i].method, method) != 0)
			continue;
		(void)place_of(&matrix->allocator, report->cell[i].allocator);
		(void)place_of(&matrix->scenario, report->cell[i].scenario);
	}
	places = matrix->allocator.count * matrix->scenario.count;
	matrix->cell = calloc(places + 1, sizeof(struct cell *));
	if (!matrix->cell)
		return -ENOMEM;
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];

		if (strcmp(cell->method, method) == 0)
			matrix->cell[position(matrix, place_of(&matrix->allocator, cell->allocator),
				place_of(&matrix->scenario, cell->scenario))] = cell;
	}
	return 0;
}

int matrix_build(struct matrix *matrix, const struct report *report, const char *method)
{
	int status;

	*matrix = (struct matrix){0};
	status = axis_new(&matrix->allocator, report->cells);
	if (status == 0)
		status = axis_new(&matrix->scenario, report->cells);
	if (status == 0)
		status = fill(matrix, report, method);
	if (status != 0)
		matrix_free(matrix);
	return status;
}

void matrix_free(struct matrix *matrix)
{
	axis_free(&matrix->allocator);
	axis_free(&matrix->scenario);
	free(matrix->cell);
	matrix->cell = NULL;
}

const struct cell *matrix_cell(const struct matrix *matrix, size_t allocator, size_t scenario)
{
	return matrix->cell[position(matrix, allocator, scenario)];
}

const struct cell *matrix_row(const struct matrix *matrix, size_t allocator)
{
	size_t scenario = 0;

	while (!matrix_cell(matrix, allocator, scenario))
		scenario++; /* a row exists because one of its cells does */
	return matrix_cell(matrix, allocator, scenario);
}
