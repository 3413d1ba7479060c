/* The result of one fork point, passed to windows.c and points_log.c in the order of the points. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model.h"

enum point_outcome {
	POINT_TRIED,   /* forked there, and judged */
	POINT_WAITED,  /* fork() did not return there */
	POINT_LEFT_OUT /* in a long run of stores that is sampled */
};

/* The pointers are valid during a call only; NULL means absent. */
struct point_result {
	uint32_t point;       /* from 1 */
	uint64_t instruction; /* number that the stepped thread had executed */
	enum point_outcome outcome;
	enum verdict verdict;          /* this and the next two: POINT_TRIED only */
	bool proven;                   /* a hang that is proven */
	const struct finding *finding; /* for a bad verdict */
	const char *worker;            /* where the stepped thread was: symbol, or module+offset */
	struct heap_call call;         /* of the stepped thread */
};
