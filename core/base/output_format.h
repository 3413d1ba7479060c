/* The formats of --format. */
#pragma once

#include <stdbool.h>

enum output_format {
	OUTPUT_TEXT, /* the default of every command */
	OUTPUT_JSON,
	OUTPUT_CSV,
	OUTPUT_MARKDOWN,
	OUTPUT_JUNIT,
	OUTPUT_LINES,
	OUTPUT_CHROME,
	OUTPUT_DOT,
	OUTPUT_SVG,
	OUTPUT_FORMAT_COUNT
};

/* The word after --format: "text", "json", ... */
extern const char *const output_format_names[OUTPUT_FORMAT_COUNT];

/* Whether programs read it: then nothing is left out for brevity. */
bool output_format_is_data(enum output_format format);
