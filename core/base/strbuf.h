/* A string that is built piece by piece in a buffer of fixed size. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct strbuf {
	char *text; /* always terminated */
	size_t size;
	size_t used;
	bool cut;           /* something did not fit; no more is added */
	size_t items, left; /* of strbuf_add_name(): those that are there, and those that are not */
};

/* An empty string in text[size]; size is at least 1. */
struct strbuf strbuf_init(char *text, size_t size);

/*
 * Appends. What does not fit is cut off at the end of a word, and "..." says so; nothing is added
 * after it.
 */
void strbuf_addf(struct strbuf *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void strbuf_addv(struct strbuf *line, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

/*
 * Appends a name to a list of names that are separated by commas, or counts it if there is no room
 * for it. strbuf_end_names() ends the list: ", and 3 more".
 */
void strbuf_add_name(struct strbuf *line, const char *name);
void strbuf_end_names(struct strbuf *line);

/*
 * Appends an item of a list that starts at offset `begin`: preceded by `separator` unless it is the
 * first.
 */
void strbuf_add_item(struct strbuf *line, size_t begin, const char *separator, const char *format,
	...) __attribute__((format(printf, 4, 5)));
