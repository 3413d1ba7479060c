/* Paragraphs that fit the paper. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { WRAP_TEXT_MAX = 4096 };

/* What is printed on. */
struct text_out {
	FILE *out;
	unsigned width; /* columns */
	bool utf8;
	bool color;
};

/* How a paragraph looks; what is NULL is left out. */
struct paragraph_style {
	const char *first; /* before the first line */
	const char *rest;  /* before each further line */
	const char *tail;  /* after each line but the last: " \\" for a command */
	const char
		*color; /* a sequence that sets the colour of the paragraph, if there is colour */
};

/*
 * Prints `text`, cleaned (utf8.h), as one paragraph: broken at blanks, and within a word only when
 * a whole line cannot hold it. No line is wider than the paper (which must be wider than the
 * decorations of the style) or ends in a blank. An empty text prints nothing; of a text longer than
 * WRAP_TEXT_MAX bytes the rest is left out. Errors of the stream stay in the stream.
 */
void wrap_print(
	const struct text_out *text_out, const struct paragraph_style *style, const char *text);

/*
 * How many bytes of clean text, which does not begin with a blank, go on a line of so many columns.
 * At least one character, if there is one.
 */
size_t wrap_line(const char *text, size_t columns);
