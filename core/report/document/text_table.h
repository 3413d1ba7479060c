/* A table of text, each cell a line or more high, for paper of any width. */
#ifndef FORKLAB_TEXT_TABLE_H
#define FORKLAB_TEXT_TABLE_H

#include "wrap.h"

#include <libsmartcols.h>
#include <stdbool.h>
#include <stddef.h>

/* An empty table with these columns, or NULL without memory; scols_unref_table() it. */
struct libscols_table *text_table_new(const char *const *headings, size_t count, bool utf8);

/* Sets a cell of a row; ink may be NULL. 0 or -ENOMEM. */
int text_table_set(struct libscols_line *row, size_t column, const char *text, const char *color);

/* The table as text, for free(); NULL without memory. */
char *text_table_render(struct libscols_table *table, bool color);

/* The columns of the widest line of a text without colours. */
size_t text_table_width(const char *text);

/* Prints such a text, with a rule of so many columns below the heading (0: none). */
void text_table_print(const struct text_out *text_out, const char *text, size_t rule);

#endif
