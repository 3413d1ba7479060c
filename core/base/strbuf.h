/* A string that is built piece by piece in a buffer of fixed size. */
#pragma once

#include <stddef.h>

struct strbuf {
	char *text; /* always terminated */
	size_t size;
	size_t used;
};

/* An empty string in text[size]; size is at least 1. */
struct strbuf strbuf_init(char *text, size_t size);

/* Appends; what does not fit is cut off. */
void strbuf_addf(struct strbuf *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Appends an item of a list that starts at offset `begin`: preceded by `separator` unless it is the
 * first.
 */
void strbuf_add_item(struct strbuf *line, size_t begin, const char *separator, const char *format,
	...) __attribute__((format(printf, 4, 5)));
