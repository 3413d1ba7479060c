/* Queries on the results of a run, for the sentences under the table. Pure. */
#pragma once

#include "model.h"

/*
 * A `subject` is an allocator, or an allocator with a mitigation: model_subject().
 */

/* What was tested of one or several subjects under a method. */
struct tested_totals {
	uint64_t points, forks;  /* fork points of sweeps, random forks */
	size_t sweeps, complete; /* sweeps that were made, and those that may say "all" */
	size_t missing;          /* sweeps that should have been made and were not */
	uint64_t foreign;        /* bad ones that are not held against the allocator */
};

/* A hang on a lock of libc or of the application says nothing about the allocator. */
bool query_blames_allocator(const struct cell *cell);

/* True for the first cell of its subject under its method. */
bool query_is_first(const struct report *report, size_t index);

bool query_has_method(const struct report *report, enum fork_method method);

/* The worst cell of a subject under a method, a sweep's if two are alike; NULL: none is bad. */
const struct cell *query_worst_cell(
	const struct report *report, const char *subject, enum fork_method method);

typedef bool report_predicate(
	const struct report *report, const char *subject, enum fork_method method);

report_predicate query_is_bad;            /* something was found */
report_predicate query_is_clean_complete; /* nothing, in complete sweeps */
report_predicate query_is_clean_partial;  /* nothing, in random trials or incomplete sweeps only */

enum { QUERY_SUBJECTS_MAX = 256 };

/*
 * The first cell of each subject of that method for which `is` holds: real allocators before tools
 * and variants, the worst first. Returns their number.
 */
size_t query_subjects(const struct report *report, enum fork_method method, report_predicate *is,
	const struct cell *first[QUERY_SUBJECTS_MAX]);

/* "glibc, jemalloc +quiesce": their names, in that order; returns how many. */
unsigned query_subject_names(const struct report *report, enum fork_method method,
	report_predicate *is, char *text, size_t size);

/* What was tested of the subjects of that method of which `is` holds. */
struct tested_totals query_totals(
	const struct report *report, enum fork_method method, report_predicate *is);
