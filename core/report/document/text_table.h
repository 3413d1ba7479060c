/* A table of text, each cell a line or more high, for paper of any width. */
#ifndef FORKLAB_TEXT_TABLE_H
#define FORKLAB_TEXT_TABLE_H

#include "wrap.h"

#include <libsmartcols.h>
#include <stdbool.h>
#include <stddef.h>

/* An empty table with these columns, or NULL without memory; scols_unref_table() it. */
struct libscols_table *sheet_new(const char *const *headings, size_t count, bool utf8);

/* Sets a cell of a row; ink may be NULL. 0 or -ENOMEM. */
int sheet_set(struct libscols_line *row, size_t column, const char *text, const char *ink);

/* The table as text, for free(); NULL without memory. */
char *sheet_text(struct libscols_table *table, bool color);

/* The columns of the widest line of a text without colours. */
size_t sheet_columns(const char *text);

/* Prints such a text, with a rule of so many columns below the heading (0: none). */
void sheet_print(const struct paper *paper, const char *text, size_t rule);

#endif
