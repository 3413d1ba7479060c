#include "explain_print.h"

#include <string.h>

static const struct story_printer printers[] = {
	{"text", story_print_text},
	{"markdown", story_print_markdown},
	{"json", story_print_json},
	{"dot", story_print_dot},
	{"svg", story_print_svg},
};

const struct story_printer *story_printer_find(const char *name)
{
	for (size_t i = 0; i < sizeof printers / sizeof printers[0]; i++)
		if (strcmp(printers[i].name, name) == 0)
			return &printers[i];
	return NULL;
}
