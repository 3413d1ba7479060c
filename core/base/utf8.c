#include "utf8.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistr.h>
#include <uniwidth.h>

enum { INVALID = 0xffffffff };

static const struct {
	ucs4_t code;
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
	ucs4_t first, last;
} hidden[] = {
	{0x00ad, 0x00ad},
	{0x200b, 0x200f},
	{0x2028, 0x202e},
	{0x2060, 0x206f},
	{0xfeff, 0xfeff},
	{0xfffe, 0xffff},
};

/* Decodes the character at *text and advances *text; INVALID for a byte that starts none. */
static ucs4_t decode(const char **text)
{
	ucs4_t code;
	int length = u8_strmbtouc(&code, (const uint8_t *)*text);
	*text += length > 0 ? length : 1;
	return length > 0 ? code : INVALID;
}

static bool is_hidden(ucs4_t code)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (code >= hidden[i].first && code <= hidden[i].last)
			return true;
	return false;
}

/* The replacement of a character; NULL: none is needed. */
static const char *replacement(ucs4_t code, bool utf8)
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

/* The escape of one byte, as in C. */
static void escape_byte(char out[8], unsigned char byte)
{
	static const char named[] = "abtnvfr";
	if (byte >= '\a' && byte <= '\r')
		(void)snprintf(out, 8, "\\%c", named[byte - '\a']);
	else
		(void)snprintf(out, 8, "\\x%02x", byte);
}

void utf8_escape(char *out, size_t size, const char *text, bool utf8)
{
	size_t used = 0;
	while (*text) {
		const char *begin = text;
		ucs4_t code = decode(&text);
		bool plain = code >= 0x20 && code < 0x7f;
		char piece[40] = "", byte[8];
		if (code >= 0xa0 && code != INVALID && !is_hidden(code))
			plain = utf8;
		if (plain)
			(void)snprintf(piece, sizeof(piece), "%.*s", (int)(text - begin), begin);
		for (; !plain && begin < text; begin++) {
			escape_byte(byte, (unsigned char)*begin);
			strcat(piece, byte);
		}
		size_t length = strlen(piece);
		if (used + length >= size)
			break;
		memcpy(out + used, piece, length);
		used += length;
	}
	out[used] = '\0';
}

size_t utf8_columns(const char *text, size_t length)
{
	return (size_t)u8_width((const uint8_t *)text, length, "UTF-8");
}

size_t utf8_fit(const char *text, size_t columns)
{
	const char *end = text, *after = text;
	for (size_t used = 0; *end; end = after) {
		int width = uc_width(decode(&after), "UTF-8");
		used += width > 0 ? (size_t)width : 0;
		if (used > columns)
			break;
	}
	return (size_t)(end - text);
}
