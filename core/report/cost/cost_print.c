#include "cost_print.h"

#include <string.h>

static const struct {
	const char *name;
	cost_printer *print;
} formats[] = {
	{"text", cost_print_text},
	{"json", cost_print_json},
	{"csv", cost_print_csv},
	{"markdown", cost_print_markdown},
};

int cost_print(FILE *out, const char *format, const struct cost_report *report,
	const struct print_options *options)
{
	cost_printer *print = cost_print_text;

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i].name, format) == 0)
			print = formats[i].print;
	return print(out, report, options);
}
