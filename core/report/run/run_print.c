#include "run_print.h"

int run_print(FILE *out, enum output_format format, const struct report *report,
	const struct print_options *options)
{
	static run_printer *const printers[OUTPUT_FORMAT_COUNT] = {
		[OUTPUT_TEXT] = run_print_text,
		[OUTPUT_JSON] = run_print_json,
		[OUTPUT_CSV] = run_print_csv,
		[OUTPUT_MARKDOWN] = run_print_markdown,
		[OUTPUT_JUNIT] = run_print_junit,
	};
	if (format == OUTPUT_TEXT && options->brief)
		return run_print_brief(out, report, options);
	return printers[format](out, report, options);
}
