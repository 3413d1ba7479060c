/*
 * The words for cells and numbers that the formats for people share. All write at most `size` bytes
 * with the NUL. What comes from the report is not cleaned here (utf8.h).
 */
#pragma once

#include "model.h"

#include <stdbool.h>
#include <stddef.h>

enum { FORMAT_MAX = 256 }; /* room for what word_*() writes */

/* False: nothing was judged and nothing was refused; the run ended before the cell's turn. */
bool cell_was_run(const struct cell *cell);

/* "deadlock", "ok", ..., or "not run". */
const char *format_verdict(const struct cell *cell);

/*
 * A rate (0 to 1) in percent with two significant digits, "0.75 %": rounded up, so that what is
 * said to be an upper bound is one; "0 %" and "100 %" are exact.
 */
void format_percent(char *out, size_t size, double rate);

/* The bound of the cell's bad rate, "≤ 0.75 %", or "<= 0.75 %" without utf8. */
void format_bound(char *out, size_t size, const struct cell *cell, bool utf8);

/*
 * "37 of 400": the bad ones of the judged trials; "" when none was judged. Of a sweep: "44 of 952
 * points", and how far it came: "0 of 952 points, all", "0 of 500 points, in part" or "sampled".
 */
void format_bad_counts(char *out, size_t size, const struct cell *cell);

/* All that the counts say: "crash in 2 of 400 trials, deadlock in 37 (proven)", or the verdict. */
void format_summary(char *out, size_t size, const struct cell *cell);

/* "12 windows": those of a sweep, kept or not. */
void format_windows(char *out, size_t size, const struct cell *sweep);

/* "glibc / basic / fork()". */
void format_cell(char *out, size_t size, const struct cell *cell);

/* "fork()" for METHOD_FORK. */
const char *format_call(enum fork_method method);

/* "fork(): what programs call; ...": the heading of a fork method's table. */
void format_method(char *out, size_t size, enum fork_method method);

/*
 * The variables of the environment that change allocators: those in force for every row, and those
 * that were removed; "" without any.
 */
void format_environment(char *out, size_t size, const struct host *host);

/* "2026-11-27T22:40:31Z": UTC, of a time(2). */
void format_time(char *out, size_t size, int64_t seconds);

/* The version as far as it fits a table: what follows the first '-' of a long one is left out. */
void format_version(char *out, size_t size, const char *version);
