#include "trace_print.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *name;
	int (*print)(FILE *out, const struct tracing *tracing);
} formats[] = {
	{"text", trace_text},
	{"lines", trace_lines},
	{"chrome", trace_chrome},
};

int trace_print(FILE *out, const char *format, const struct tracing *tracing)
{
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (strcmp(formats[i].name, format) == 0) {
			int error = formats[i].print(out, tracing);
			return error ? error : ferror(out) ? -EIO : 0;
		}
	return -EINVAL;
}
