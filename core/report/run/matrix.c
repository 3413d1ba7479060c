#include "matrix.h"

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

int matrix_methods(struct axis *methods, const struct pairs *pairs)
{
	if (axis_new(methods, pairs->count) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < pairs->count; i++)
		(void)place_of(methods, pair_decides(&pairs->pair[i])->method);
	return 0;
}

static size_t position(const struct matrix *matrix, size_t allocator, size_t scenario)
{
	return allocator * matrix->scenario.count + scenario;
}

static int fill(struct matrix *matrix, const struct pairs *pairs, const char *method)
{
	size_t places;

	for (size_t i = 0; i < pairs->count; i++) {
		const struct cell *cell = pair_decides(&pairs->pair[i]);

		if (strcmp(cell->method, method) != 0)
			continue;
		(void)place_of(&matrix->allocator, model_subject(cell));
		(void)place_of(&matrix->scenario, cell->scenario);
	}
	places = matrix->allocator.count * matrix->scenario.count;
	matrix->pair = calloc(places + 1, sizeof(struct pair *));
	if (!matrix->pair)
		return -ENOMEM;
	for (size_t i = 0; i < pairs->count; i++) {
		const struct cell *cell = pair_decides(&pairs->pair[i]);

		if (strcmp(cell->method, method) == 0)
			matrix->pair[position(matrix,
				place_of(&matrix->allocator, model_subject(cell)),
				place_of(&matrix->scenario, cell->scenario))] = &pairs->pair[i];
	}
	return 0;
}

int matrix_build(struct matrix *matrix, const struct pairs *pairs, const char *method)
{
	int status;

	*matrix = (struct matrix){0};
	status = axis_new(&matrix->allocator, pairs->count);
	if (status == 0)
		status = axis_new(&matrix->scenario, pairs->count);
	if (status == 0)
		status = fill(matrix, pairs, method);
	if (status != 0)
		matrix_free(matrix);
	return status;
}

void matrix_free(struct matrix *matrix)
{
	axis_free(&matrix->allocator);
	axis_free(&matrix->scenario);
	free(matrix->pair);
	matrix->pair = NULL;
}

const struct pair *matrix_pair(const struct matrix *matrix, size_t allocator, size_t scenario)
{
	return matrix->pair[position(matrix, allocator, scenario)];
}

const struct pair *matrix_row(const struct matrix *matrix, size_t allocator)
{
	size_t scenario = 0;

	while (!matrix_pair(matrix, allocator, scenario))
		scenario++; /* a row exists because one of its pairs does */
	return matrix_pair(matrix, allocator, scenario);
}

bool matrix_has_atfork(const struct matrix *matrix)
{
	for (size_t i = 0; i < matrix->allocator.count; i++) {
		const struct cell *cell = pair_decides(matrix_row(matrix, i));

		if (*cell->atfork && strcmp(cell->method, "fork") == 0)
			return true;
	}
	return false;
}
