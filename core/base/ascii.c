#include "ascii.h"

char *ascii_sanitize(char *to, size_t size, const char *from, size_t max)
{
	size_t i = 0;
	for (; i + 1 < size && i < max && from[i]; i++)
		to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
	to[i] = '\0';
	return to;
}
