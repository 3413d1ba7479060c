#include "demangle.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The symbol is from a file that may be hostile: the demangler's work grows with its length. */
enum { SYMBOL_MAX = 1024, ARGUMENTS_MAX = 24 };

/* https://itanium-cxx-abi.github.io/cxx-abi/abi.html#demangler, in libstdc++. */
extern char *__cxa_demangle(const char *symbol, char *buffer, size_t *size, int *status);

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Of an operator, whose name may have the characters that are searched for; 0: none is here. */
static size_t operator_length(const char *begin, const char *at)
{
	static const char word[] = "operator";
	static const char *const names[] = {
		"()", "<<=", ">>=", "<=>", "->*", "<<", ">>", "<=", ">=", "->", "<", ">"};
	if (!begins(at, word) || (at > begin && strchr(" :", at[-1]) == NULL))
		return 0;
	size_t length = strlen(word);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (begins(at + length, names[i]))
			return length + strlen(names[i]);
	/* "operator new", "operator unsigned long": up to the parameters. */
	return length + strcspn(at + length, "(<");
}

/* A group in brackets that starts here, with those in it; the rest of the text if it has no end. */
static size_t group_length(const char *at)
{
	size_t length = 0;
	int depth = 0;
	do {
		depth += at[length] == '<' || at[length] == '(';
		depth -= (at[length] == '>' && at[length - 1] != '-') || at[length] == ')';
		length++;
	} while (at[length] && depth > 0);
	return length;
}

/* Writes over `full`; only shortens. */
static char *shorten(char *full)
{
	static const char anonymous[] = "(anonymous namespace)";
	char *out = full, *name = full;
	const char *in = full;
	while (*in) {
		size_t length = operator_length(full, in);
		if (!length && begins(in, anonymous))
			length = strlen(anonymous);
		else if (!length && *in == '(')
			break;
		else if (!length && *in == '<')
			length = group_length(in);
		if (*in == '<' && length > ARGUMENTS_MAX) {
			memcpy(out, "<...>", 5);
			out += 5;
			in += length;
			continue;
		}
		length = length ? length : 1;
		/* What came before is the return type. */
		if (*in == ' ' && in[1] != '[')
			name = out + 1;
		memmove(out, in, length);
		out += length;
		in += length;
	}
	*out = '\0';
	return name;
}

char *demangle(const char *symbol, int length, char *text, size_t size)
{
	char copy[SYMBOL_MAX];
	char *full = NULL;
	int status;
	if (length > 2 && length < SYMBOL_MAX && begins(symbol, "_Z")) {
		(void)snprintf(copy, sizeof(copy), "%.*s", length, symbol);
		full = __cxa_demangle(copy, NULL, NULL, &status);
	}
	(void)snprintf(
		text, size, "%.*s", full ? (int)size : length, full ? shorten(full) : symbol);
	free(full);
	return text;
}
