/* Building a text piece by piece in a buffer of fixed size. */
#ifndef FORKLAB_STRBUF_H
#define FORKLAB_STRBUF_H

#include <stddef.h>

struct line {
	char *text; /* always ends in a NUL */
	size_t size;
	size_t used;
};

/* An empty line in text[size]; size is at least 1. */
struct line line_in(char *text, size_t size);

/* Adds to the line; what does not fit is cut off. */
void line_add(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Adds an element of an enumeration: after `separator`, unless the line still is what it was when
 * it had `begin` bytes.
 */
void line_add_item(struct line *line, size_t begin, const char *separator, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
