/* A trace, for people and for programs. */
#pragma once

#include "model.h"
#include "output_format.h"
#include "trial_log.h"

#include <stdio.h>

/* All trials of one trace. */
struct trace_report {
	const char *allocator, *scenario, *method;
	char version[MODEL_NAME_MAX];
	uint64_t seed;
	struct host host;
	size_t trial_logs;
	struct trial_log *trial_log; /* by trial */
};

/*
 * Writes the trace as text, lines or chrome. 0, -ENOMEM, or -EIO when the stream had an error. The
 * caller flushes and closes the stream.
 */
int trace_print(FILE *out, enum output_format format, const struct trace_report *trace_report);

int trace_print_lines(FILE *out, const struct trace_report *trace_report);
int trace_print_chrome(FILE *out, const struct trace_report *trace_report);
