/*
 * An explanation in its formats. Text and markdown render one document; JSON has everything; dot
 * and svg have the graph of waiters and owners.
 */
#pragma once

#include "document.h"
#include "explanation.h"

#include <stdio.h>

/*
 * Writes the whole explanation. 0, -ENOMEM, -EIO, or for OUTPUT_SVG another error of
 * external_tool_run(): -ENOENT when graphviz is not installed.
 */
int explain_print(FILE *out, enum output_format format, const struct explanation *explanation,
	const struct print_options *options);

int explain_print_json(FILE *out, const struct explanation *explanation);
int explain_print_dot(FILE *out, const struct explanation *explanation);
int explain_print_svg(FILE *out, const struct explanation *explanation);
