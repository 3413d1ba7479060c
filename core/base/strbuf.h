/* Building a text piece by piece in a buffer of fixed size. */
#ifndef FORKLAB_STRBUF_H
#define FORKLAB_STRBUF_H

#include <stddef.h>

struct strbuf {
	char *text; /* always ends in a NUL */
	size_t size;
	size_t used;
};

/* An empty line in text[size]; size is at least 1. */
struct strbuf strbuf_init(char *text, size_t size);

/* Adds to the line; what does not fit is cut off. */
void strbuf_addf(struct strbuf *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Adds an element of an enumeration: after `separator`, unless the line still is what it was when
 * it had `begin` bytes.
 */
void strbuf_add_item(struct strbuf *line, size_t begin, const char *separator, const char *format,
	...) __attribute__((format(printf, 4, 5)));

#endif
