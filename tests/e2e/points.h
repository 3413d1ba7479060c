/* Reads the output of `sweep --points FILE`. */
#pragma once

#include "e2e.h"

/* One fork point; all of it belongs to the struct points. */
struct point {
	const char *allocator, *scenario, *method;
	unsigned number; /* from 1 in each cell */
	uint64_t instruction;
	const char *outcome; /* "tried", "waited", "left-out" */
	const char *verdict; /* of one that was tried, else "" */
	const char *proven;  /* the same: "yes" or "no" */
	const char *step;
	const char *held; /* names of locks, separated by ';' */
	const char *call, *location;
};

struct points {
	size_t count;
	struct point *point;
	char *text;
};

/* Reads and checks a file; an error fails the test. Release with points_free(). */
void points_read(struct points *points, const char *path);
void points_free(struct points *points);

/* True when both are of the same cell. */
bool points_same_cell(const struct point *a, const struct point *b);

/* True when that lock is held at the point. */
bool points_held(const struct point *point, const char *lock);

/* The words for a message: all that is known of it. */
const char *points_describe(const struct point *point);
