#include "csv.h"

#include "utf8.h"

#include <string.h>

void csv_text(FILE *out, const char *text)
{
	char clean[CSV_FIELD_MAX];
	utf8_sanitize(clean, sizeof(clean), text, true);
	if (!strpbrk(clean, ",\"")) {
		(void)fputs(clean, out);
		return;
	}
	(void)fputc('"', out);
	for (const char *c = clean; *c; c++) {
		if (*c == '"')
			(void)fputc('"', out);
		(void)fputc(*c, out);
	}
	(void)fputc('"', out);
}
