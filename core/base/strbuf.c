#include "strbuf.h"

#include <stdarg.h>
#include <stdio.h>

struct line line_in(char *text, size_t size)
{
	text[0] = '\0';
	return (struct line){.text = text, .size = size};
}

static void add(struct line *line, const char *format, va_list arguments)
{
	size_t left = line->size - line->used;
	int length = vsnprintf(line->text + line->used, left, format, arguments);

	if (length > 0)
		line->used += (size_t)length < left ? (size_t)length : left - 1;
}

void line_add(struct line *line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(line, format, arguments);
	va_end(arguments);
}

void line_add_item(struct line *line, size_t begin, const char *separator, const char *format, ...)
{
	va_list arguments;

	if (line->used > begin)
		line_add(line, "%s", separator);
	va_start(arguments, format);
	add(line, format, arguments);
	va_end(arguments);
}
