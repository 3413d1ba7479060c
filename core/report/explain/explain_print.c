#include "explain_print.h"

#include <string.h>

static const struct explain_printer printers[] = {
	{"text", explain_print_text},
	{"markdown", explain_print_markdown},
	{"json", explain_print_json},
	{"dot", explain_print_dot},
	{"svg", explain_print_svg},
};

const struct explain_printer *explain_printer_find(const char *name)
{
	for (size_t i = 0; i < sizeof(printers) / sizeof(printers[0]); i++)
		if (strcmp(printers[i].name, name) == 0)
			return &printers[i];
	return NULL;
}
