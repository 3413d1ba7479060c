/*
 * An explanation in its formats. Text and markdown render one document; JSON has everything; dot
 * and svg have the graph of waiters and owners.
 */
#ifndef FORKLAB_EXPLAIN_PRINT_H
#define FORKLAB_EXPLAIN_PRINT_H

#include "explanation.h"
#include "printer.h"

#include <stdio.h>

struct explain_printer {
	const char *name; /* the word after --format */

	/*
	 * Writes the whole explanation, as struct printer has it. 0, -ENOMEM, -EIO, or -ENOENT when
	 * a program that is needed for it is missing.
	 */
	int (*print)(FILE *out, const struct explanation *explanation,
		const struct print_options *options);
};

/* The printer of that name, or NULL. */
const struct explain_printer *explain_printer_find(const char *name);

/* The formats themselves. */
int explain_print_text(
	FILE *out, const struct explanation *explanation, const struct print_options *options);
int explain_print_markdown(
	FILE *out, const struct explanation *explanation, const struct print_options *options);
int explain_print_json(
	FILE *out, const struct explanation *explanation, const struct print_options *options);
int explain_print_dot(
	FILE *out, const struct explanation *explanation, const struct print_options *options);
/* Also what external_tool_run() returns of graphviz' program: -ENOENT where it is not installed. */
int explain_print_svg(
	FILE *out, const struct explanation *explanation, const struct print_options *options);

#endif
