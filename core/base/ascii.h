/* Untrusted bytes as printable ASCII: they must not disturb a terminal or a parser. Pure. */
#pragma once

#include <stddef.h>

/*
 * Copies at most `max` bytes of `from`, or up to its NUL, to to[size], cut to fit and terminated.
 * Every byte that is not printable ASCII becomes '?'. `to` may be `from`. Returns `to`.
 */
char *ascii_sanitize(char *to, size_t size, const char *from, size_t max);
