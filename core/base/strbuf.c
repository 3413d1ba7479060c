#include "strbuf.h"

#include <stdarg.h>
#include <stdio.h>

struct strbuf strbuf_init(char *text, size_t size)
{
	text[0] = '\0';
	return (struct strbuf){.text = text, .size = size};
}

__attribute__((format(printf, 2, 0))) static void add_v(
	struct strbuf *line, const char *format, va_list arguments)
{
	size_t left = line->size - line->used;
	int length = vsnprintf(line->text + line->used, left, format, arguments);
	if (length > 0)
		line->used += (size_t)length < left ? (size_t)length : left - 1;
}

void strbuf_addf(struct strbuf *line, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	add_v(line, format, arguments);
	va_end(arguments);
}

void strbuf_add_item(
	struct strbuf *line, size_t begin, const char *separator, const char *format, ...)
{
	va_list arguments;
	if (line->used > begin)
		strbuf_addf(line, "%s", separator);
	va_start(arguments, format);
	add_v(line, format, arguments);
	va_end(arguments);
}
