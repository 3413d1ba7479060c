#include "wrap.h"

#include "document_grid.h"
#include "utf8.h"

#include <string.h>

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

size_t wrap_line(const char *text, size_t columns)
{
	size_t fitting = utf8_fit(text, columns), length = fitting;
	if (text[fitting] == '\0' || text[fitting] == ' ')
		return fitting;
	while (length > 0 && text[length] != ' ')
		length--;
	if (length > 0)
		return length;
	/* One word that is longer than the line; of a character at least, to get on. */
	return fitting > 0 ? fitting : utf8_fit(text, 2);
}

static size_t columns_left(const struct text_out *text_out, const char *prefix, const char *tail)
{
	size_t taken = utf8_columns(prefix, strlen(prefix)) + utf8_columns(tail, strlen(tail));
	return text_out->width > taken ? text_out->width - taken : 1;
}

static void print_lines(
	const struct text_out *text_out, const struct paragraph_style *style, const char *text)
{
	const char *prefix = or_empty(style->first);
	text += strspn(text, " ");
	while (*text) {
		/* A last line needs no room for the tail. */
		size_t length = wrap_line(text, columns_left(text_out, prefix, ""));
		const char *rest = text + length + strspn(text + length, " ");
		if (*rest && style->tail) {
			length = wrap_line(text, columns_left(text_out, prefix, style->tail));
			rest = text + length + strspn(text + length, " ");
		}
		while (length > 0 && text[length - 1] == ' ')
			length--;
		(void)fprintf(text_out->out, "%s%.*s%s", prefix, (int)length, text,
			*rest ? or_empty(style->tail) : "");
		if (*rest)
			(void)fputc('\n', text_out->out);
		text = rest;
		prefix = or_empty(style->rest);
	}
}

void wrap_print(
	const struct text_out *text_out, const struct paragraph_style *style, const char *text)
{
	const char *color = text_out->color ? style->color : NULL;
	char clean[WRAP_TEXT_MAX];
	utf8_sanitize(clean, sizeof(clean), text, text_out->utf8);
	if (clean[strspn(clean, " ")] == '\0')
		return;
	(void)fputs(or_empty(color), text_out->out);
	print_lines(text_out, style, clean);
	(void)fputs(color ? COLOR_END "\n" : "\n", text_out->out);
}
