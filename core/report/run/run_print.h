/* A report in all its formats. None computes what is not in the report. */
#pragma once

#include "document.h"
#include "model.h"
#include "output_format.h"

#include <stdio.h>

/*
 * Writes the whole report in that format, which must be one of run, stress and sweep. The caller
 * flushes and closes the stream. LC_CTYPE must be set (a UTF-8 one if utf8 is) and LC_NUMERIC must
 * be left at "C". 0, -ENOMEM, or -EIO when the stream had an error.
 */
int run_print(FILE *out, enum output_format format, const struct report *report,
	const struct print_options *options);

/*
 * The formats themselves; each in the file of its name, text and markdown in run_document.c. Text
 * is brief/brief.c's where the options say so.
 */
typedef int run_printer(
	FILE *out, const struct report *report, const struct print_options *options);
run_printer run_print_text, run_print_brief, run_print_json, run_print_csv, run_print_markdown,
	run_print_junit;
