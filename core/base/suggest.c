#include "suggest.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { WORD_MAX = 64 }; /* letters; a longer word is not a mistyped name */

static unsigned min_unsigned(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/*
 * The Damerau-Levenshtein distance ("optimal string alignment") of two words of at most
 * WORD_MAX letters. Only the last three rows of the matrix are kept.
 */
static unsigned edit_distance(const char *a, const char *b)
{
	unsigned row[3][WORD_MAX + 1];
	size_t m = strlen(a), n = strlen(b);
	for (size_t j = 0; j <= n; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= m; i++) {
		unsigned *now = row[i % 3], *last = row[(i + 2) % 3], *older = row[(i + 1) % 3];
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= n; j++) {
			now[j] = last[j - 1] + !same_letter(a[i - 1], b[j - 1]);
			now[j] = min_unsigned(now[j], min_unsigned(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
				same_letter(a[i - 2], b[j - 1]))
				now[j] = min_unsigned(now[j], older[j - 2] + 1);
		}
	}
	return row[m % 3][n];
}

static const char *first_with_prefix(const char *prefix, const char *const *known, size_t n)
{
	size_t length = strlen(prefix);
	for (size_t i = 0; length >= 2 && i < n; i++)
		if (strncasecmp(known[i], prefix, length) == 0)
			return known[i];
	return NULL;
}

const char *suggest(const char *word, const char *const *known, size_t n)
{
	size_t length = strlen(word);
	const char *nearest = NULL;
	unsigned fewest = UINT_MAX;
	if (length == 0 || length > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (strlen(known[i]) > WORD_MAX)
			continue;
		unsigned count = edit_distance(word, known[i]);
		if (count <= (length + 1) / 3 && count < fewest) {
			nearest = known[i];
			fewest = count;
		}
	}
	return nearest ? nearest : first_with_prefix(word, known, n);
}
