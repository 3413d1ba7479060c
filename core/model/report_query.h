/* Questions to the results of a run, for the sentences under the table. Pure. */
#ifndef FORKLAB_REPORT_QUERY_H
#define FORKLAB_REPORT_QUERY_H

#include "model.h"

/*
 * A `subject` is an allocator, or an allocator with a cure: model_subject().
 */

/* What was tried of a subject under a method, or of several. */
struct effort {
	uint64_t points, forks; /* fork points of sweeps, random forks */
	size_t sweeps, whole;   /* sweeps that were made, and those that may say "all" */
	size_t missing;         /* sweeps that should have been made and were not */
};

/* A hang on the application's own lock says nothing about the allocator. */
bool question_blames(const struct cell *cell);

/* True for the first cell of its subject under its method. */
bool question_first(const struct report *report, size_t index);

bool question_has_method(const struct report *report, const char *method);

/* The worst cell of a subject under a method, a sweep's if two are alike; NULL: none is bad. */
const struct cell *question_worst(
	const struct report *report, const char *subject, const char *method);

typedef bool question(const struct report *report, const char *subject, const char *method);

question question_bad;              /* something was found */
question question_clean_throughout; /* nothing, in sweeps that covered their sequences whole */
question question_clean_so_far;     /* nothing, by chance or in part */

/* "glibc, jemalloc +quiesce": the subjects of that method of which `is` holds. The number of them.
 */
unsigned question_names(
	const struct report *report, const char *method, question *is, char *text, size_t size);

/* What was tried of those subjects of that method of which `is` holds. */
struct effort question_effort(const struct report *report, const char *method, question *is);

#endif
