/*
 * The list of all fork points of a sweep, one line each, for other programs to read: fields are
 * separated by tabs, absent ones are empty, and the first line names them.
 *
 * The stream is an `output` (output.h): its file appears whole or not at all. The stream remembers
 * a failed write; output_commit() reports it, so the sweep need not check
 * each line.
 */
#pragma once

#include <stddef.h>
#include <stdio.h>

#include "point_result.h"

/* The line that names the fields. */
void points_log_begin(FILE *stream);

/*
 * One point of the cell, with the names of the locks held there. Tabs and other control characters
 * are replaced; in a lock's name the separator ';' as well.
 */
void points_log_add(FILE *stream, const struct cell *cell, const struct point_result *result,
	const char *const held[], size_t held_count);
