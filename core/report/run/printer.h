/*
 * One report in, many formats out. A format is a descriptor in the table of print.c and a file of
 * its own; it computes nothing that is not in the report.
 */
#pragma once

#include "document.h"
#include "model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct printer {
	const char *name;    /* the word after --format */
	const char *summary; /* for --help */

	/*
	 * Writes the whole report. The caller flushes and closes the stream. LC_CTYPE must be set
	 * (a UTF-8 one if utf8 is) and LC_NUMERIC must be left at "C".
	 *
	 * Returns 0, -ENOMEM, or -EIO when the stream had an error.
	 */
	int (*print)(FILE *out, const struct report *report, const struct print_options *options);
};

/* The printer of that name, or NULL. */
const struct printer *printer_find(const char *name);

/*
 * Stores pointers to the names of all formats, the default one first, in names[], which has room
 * for `most`. Returns how many were stored.
 */
size_t printer_names(const char *names[], size_t most);

/* The formats themselves; each in the file of its name. */
extern const struct printer printer_text, printer_json, printer_csv, printer_markdown,
	printer_junit;
