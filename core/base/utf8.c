#include "utf8.h"

#include <stdint.h>
#include <string.h>
#include <wchar.h>

enum { INVALID = 0xffffffff };

static const struct {
	uint32_t code;
	const char *ascii; /* not longer than the character in UTF-8 */
} ascii_forms[] = {
	{0x00a0, " "},
	{0x00b5, "u"},
	{0x00b7, "-"},
	{0x00d7, "x"},
	{0x2013, "-"},
	{0x2014, "-"},
	{0x2018, "'"},
	{0x2019, "'"},
	{0x201c, "\""},
	{0x201d, "\""},
	{0x2022, "-"},
	{0x2026, "..."},
	{0x2192, "->"},
	{0x2264, "<="},
	{0x2265, ">="},
};

/* Invisible characters, those that change the writing direction, and those illegal in XML. */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{0x00ad, 0x00ad},
	{0x200b, 0x200f},
	{0x2028, 0x202e},
	{0x2060, 0x206f},
	{0xfeff, 0xfeff},
	{0xfffe, 0xffff},
};

/* By number of bytes: the marker bits of the first byte, and the lowest code (else overlong). */
static const struct {
	unsigned char mask, mark;
	uint32_t least;
} encodings[] = {
	{0, 0, 0},
	{0x80, 0x00, 0},
	{0xe0, 0xc0, 0x80},
	{0xf0, 0xe0, 0x800},
	{0xf8, 0xf0, 0x10000},
};

/* Decodes the character at *text and advances *text; INVALID for a byte that starts none. */
static uint32_t decode(const char **text)
{
	const unsigned char *byte = (const unsigned char *)*text;

	for (unsigned length = 1; length <= 4; length++) {
		uint32_t code = byte[0] & (unsigned char)~encodings[length].mask;
		unsigned i = 1;

		if ((byte[0] & encodings[length].mask) != encodings[length].mark)
			continue;
		for (; i < length && (byte[i] & 0xc0) == 0x80; i++)
			code = code << 6 | (byte[i] & 0x3f);
		if (i < length || code < encodings[length].least || code > 0x10ffff ||
			(code >= 0xd800 && code <= 0xdfff))
			break;
		*text += length;
		return code;
	}
	*text += 1;
	return INVALID;
}

static bool is_hidden(uint32_t code)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (code >= hidden[i].first && code <= hidden[i].last)
			return true;
	return false;
}

/* The replacement of a character; NULL: none is needed. */
static const char *replacement(uint32_t code, bool utf8)
{
	if (code < 0x20 || (code >= 0x7f && code < 0xa0))
		return " ";
	if (code < 0x7f)
		return NULL;
	if (code == INVALID || is_hidden(code))
		return "?";
	for (size_t i = 0; !utf8 && i < sizeof(ascii_forms) / sizeof(ascii_forms[0]); i++)
		if (ascii_forms[i].code == code)
			return ascii_forms[i].ascii;
	return utf8 ? NULL : "?";
}

void utf8_sanitize(char *out, size_t size, const char *text, bool utf8)
{
	size_t used = 0;

	while (*text) {
		const char *begin = text;
		const char *piece = replacement(decode(&text), utf8);
		size_t length = piece ? strlen(piece) : (size_t)(text - begin);

		if (used + length >= size)
			break;
		memcpy(out + used, piece ? piece : begin, length);
		used += length;
	}
	out[used] = '\0';
}

static size_t code_width(uint32_t code)
{
	int columns = wcwidth((wchar_t)code);

	return columns < 0 ? 1 : (size_t)columns;
}

size_t utf8_columns(const char *text, size_t length)
{
	const char *end = text + length;
	size_t columns = 0;

	while (text < end)
		columns += code_width(decode(&text));
	return columns;
}

size_t utf8_fit(const char *text, size_t columns)
{
	const char *end = text;
	size_t used = 0;

	while (*end) {
		const char *after = end;

		used += code_width(decode(&after));
		if (used > columns)
			break;
		end = after;
	}
	return (size_t)(end - text);
}
