/* Printable text: valid UTF-8 or ASCII, and its width. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Copies `text` to out[size], cut to fit between characters. Replaces what could disturb a terminal
 * or a parser: control characters by a blank; invalid UTF-8 (a truncated character, say), invisible
 * and direction-changing characters by '?'. Without `utf8`, forklab's typographic characters become
 * ASCII ("<=", "...") and all others '?'. The copy is never longer than the text.
 */
void utf8_sanitize(char *out, size_t size, const char *text, bool utf8);

/*
 * Copies `text` to out[size], cut to fit, for a message that repeats what a user wrote: control
 * characters, invalid UTF-8, and invisible and direction-changing characters are escaped as in C
 * ("\n", "\x1b"), byte by byte; without `utf8`, all characters that are not ASCII. The copy has up
 * to four times as many bytes.
 */
void utf8_escape(char *out, size_t size, const char *text, bool utf8);

/* The terminal columns of the first `length` bytes of sanitized text. */
size_t utf8_columns(const char *text, size_t length);

/* The number of bytes of the longest prefix of sanitized text that fits in `columns`. */
size_t utf8_fit(const char *text, size_t columns);
