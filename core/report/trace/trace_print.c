#include "trace_print.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *name;
	int (*print)(FILE *out, const struct trace_report *trace_report);
} formats[] = {
	{"text", trace_print_text},
	{"lines", trace_print_lines},
	{"chrome", trace_print_chrome},
};

int trace_print(FILE *out, const char *format, const struct trace_report *trace_report)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i].name, format) == 0) {
			int error = formats[i].print(out, trace_report);
			return error ? error : ferror(out) ? -EIO : 0;
		}
	return -EINVAL;
}
