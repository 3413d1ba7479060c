#include "shell_quote.h"

#include <stdio.h>
#include <string.h>

/* ...and what it expands at the beginning of a word. */
#define SPECIAL " \t\n'\"\\`$!*?[]{}()<>|&;#~"

void shell_quote(char *out, size_t size, const char *word)
{
	size_t used = 0;
	if (*word && !strpbrk(word, SPECIAL)) {
		(void)snprintf(out, size, "%s", word);
		return;
	}
	out[used++] = '\'';
	for (; *word && used + 6 < size; word++)
		used += (size_t)snprintf(
			out + used, size - used, *word == '\'' ? "'\\''" : "%c", *word);
	(void)snprintf(out + used, size - used, "'");
}
