#include "printer.h"

#include <string.h>

static const struct printer *const printers[] = {
	&printer_text,
	&printer_json,
	&printer_csv,
	&printer_markdown,
	&printer_junit,
};
enum { PRINTERS = sizeof(printers) / sizeof(printers[0]) };

const struct printer *printer_find(const char *name)
{
	for (size_t i = 0; i < PRINTERS; i++)
		if (strcmp(printers[i]->name, name) == 0)
			return printers[i];
	return NULL;
}

size_t printer_names(const char *names[], size_t most)
{
	size_t count = 0;
	while (count < PRINTERS && count < most) {
		names[count] = printers[count]->name;
		count++;
	}
	return count;
}
