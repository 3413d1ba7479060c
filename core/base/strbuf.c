#include "strbuf.h"

#include <stdio.h>
#include <string.h>

struct strbuf strbuf_init(char *text, size_t size)
{
	text[0] = '\0';
	return (struct strbuf){.text = text, .size = size};
}

static bool is_continuation(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

/* The text fills the buffer: replaces its end, from the last blank on or from a whole character. */
static void cut_at_word(struct strbuf *line)
{
	static const char mark[] = "...";
	line->used = line->size - 1;
	line->cut = true;
	if (line->size <= sizeof(mark))
		return;
	size_t most = line->size - sizeof(mark), end = most;
	while (end > 0 && line->text[end - 1] != ' ')
		end--;
	/* One long word: a path, or a list without blanks. */
	if (end <= most / 2) {
		end = most;
		while (end > 0 && is_continuation(line->text[end]))
			end--;
	}
	memcpy(line->text + end, mark, sizeof(mark));
	line->used = end + strlen(mark);
}

void strbuf_addv(struct strbuf *line, const char *format, va_list arguments)
{
	size_t left = line->size - line->used;
	if (line->cut)
		return;
	int length = vsnprintf(line->text + line->used, left, format, arguments);
	if (length > 0 && (size_t)length >= left)
		cut_at_word(line);
	else if (length > 0)
		line->used += (size_t)length;
}

/* Room for ", and 1000 more". */
enum { MORE_MAX = 24 };

void strbuf_add_name(struct strbuf *line, const char *name)
{
	size_t needed = strlen(name) + (line->items ? 2 : 0);
	if (line->left || line->used + needed + MORE_MAX > line->size) {
		line->left++;
		return;
	}
	strbuf_addf(line, "%s%s", line->items ? ", " : "", name);
	line->items++;
}

void strbuf_end_names(struct strbuf *line)
{
	if (line->left)
		strbuf_addf(line, "%s%zu more", line->items ? ", and " : "", line->left);
	line->items = line->left = 0;
}

void strbuf_addf(struct strbuf *line, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	strbuf_addv(line, format, arguments);
	va_end(arguments);
}

void strbuf_add_item(
	struct strbuf *line, size_t begin, const char *separator, const char *format, ...)
{
	va_list arguments;
	if (line->used > begin)
		strbuf_addf(line, "%s", separator);
	va_start(arguments, format);
	strbuf_addv(line, format, arguments);
	va_end(arguments);
}
