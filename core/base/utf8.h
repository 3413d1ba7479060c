/* Text that is fit to be printed: valid UTF-8 or ASCII, and how many columns it takes. Pure. */
#ifndef FORKLAB_UTF8_H
#define FORKLAB_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Copies `text` to out[size], cut at a character's end if need be. What could disturb a terminal or
 * a parser is replaced: control characters by a blank, bytes that are no UTF-8 (a character that
 * was cut in half, say) and invisible or direction-changing characters by '?'. Without `utf8` the
 * typographic characters that forklab's own words use become ASCII ("<=", "..."), all others '?'.
 * The copy is never longer than the text.
 */
void utf8_sanitize(char *out, size_t size, const char *text, bool utf8);

/* The columns that the first `length` bytes of clean text take on a terminal. */
size_t utf8_columns(const char *text, size_t length);

/* The bytes of the longest beginning of clean text that takes at most `columns`. */
size_t utf8_fit(const char *text, size_t columns);

#endif
