#include "choose_print.h"

#include <string.h>

int choose_print(FILE *out, const char *format, const struct choose_report *report,
	const struct print_options *options)
{
	choose_printer *print = strcmp(format, "json") == 0 ? choose_print_json : choose_print_text;

	return print(out, report, options);
}
