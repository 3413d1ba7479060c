/* Words of a command line that users paste. */
#pragma once

#include <stddef.h>

/* The word as a POSIX shell reads it back: in single quotes if needed, cut to fit. Pure. */
void shell_quote(char *out, size_t size, const char *word);
