#include "output_format.h"

const char *const output_format_names[OUTPUT_FORMAT_COUNT] = {
	[OUTPUT_TEXT] = "text",
	[OUTPUT_JSON] = "json",
	[OUTPUT_CSV] = "csv",
	[OUTPUT_MARKDOWN] = "markdown",
	[OUTPUT_JUNIT] = "junit",
	[OUTPUT_LINES] = "lines",
	[OUTPUT_CHROME] = "chrome",
	[OUTPUT_DOT] = "dot",
	[OUTPUT_SVG] = "svg",
};

bool output_format_is_data(enum output_format format)
{
	return format == OUTPUT_JSON || format == OUTPUT_CSV || format == OUTPUT_JUNIT;
}
