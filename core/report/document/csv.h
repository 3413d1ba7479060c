/* Fields of RFC 4180. */
#pragma once

#include <stdio.h>

enum { CSV_FIELD_MAX = 4096 }; /* bytes; the rest is cut off */

/* Writes a text, cleaned (utf8.h), and in quotes where it needs them. */
void csv_text(FILE *out, const char *text);
