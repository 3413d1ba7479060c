#include "source.h"

#include "ascii.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <string.h>

/* The files are the tested process's: their names may hold any bytes. */
static void copy_printable(char *to, size_t size, const char *text)
{
	ascii_sanitize(to, size, text ? text : "", size);
}

static const char *die_name(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	Dwarf_Attribute *name = dwarf_attr_integrate(die, DW_AT_name, &attribute);
	return name ? dwarf_formstring(name) : NULL;
}

static unsigned attribute_number(Dwarf_Die *die, unsigned which)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value;
	if (!dwarf_attr(die, which, &attribute) || dwarf_formudata(&attribute, &value) != 0)
		return 0;
	return (unsigned)value;
}

/* Where the inlined function was called. */
static void call_site(Dwarf_Die *unit, Dwarf_Die *inlined, struct source_function *caller)
{
	Dwarf_Files *files;
	size_t count;
	unsigned file = attribute_number(inlined, DW_AT_call_file);
	if (dwarf_getsrcfiles(unit, &files, &count) == 0 && file < count)
		copy_printable(caller->source, sizeof(caller->source),
			dwarf_filesrc(files, file, NULL, NULL));
	caller->line = attribute_number(inlined, DW_AT_call_line);
}

static unsigned collect_functions(Dwarf_Die *unit, Dwarf_Die *scope, int scopes,
	struct source_function function[SOURCE_INLINED_MAX])
{
	unsigned count = 0;
	for (int i = 0; i < scopes && count < SOURCE_INLINED_MAX; i++) {
		int tag = dwarf_tag(&scope[i]);
		if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram)
			continue;
		copy_printable(function[count].name, sizeof(function->name), die_name(&scope[i]));
		count++;
		if (tag == DW_TAG_subprogram)
			return count;
		if (count < SOURCE_INLINED_MAX)
			call_site(unit, &scope[i], &function[count]);
	}
	return count;
}

/* By the nesting of the code (inlining), not of the source. */
static unsigned functions_in(
	Dwarf_Die *unit, Dwarf_Addr pc, struct source_function function[SOURCE_INLINED_MAX])
{
	Dwarf_Die *inner = NULL, *scope = NULL;
	unsigned count = 0;
	if (dwarf_getscopes(unit, pc, &inner) > 0) {
		int scopes = dwarf_getscopes_die(&inner[0], &scope);
		count = scopes > 0 ? collect_functions(unit, scope, scopes, function) : 0;
	}
	free(scope);
	free(inner);
	return count;
}

unsigned source_functions(struct Dwfl_Module *module, uint64_t pc,
	struct source_function function[SOURCE_INLINED_MAX])
{
	Dwarf_Addr bias;
	int line = 0;
	memset(function, 0, sizeof(*function) * SOURCE_INLINED_MAX);
	Dwarf_Die *unit = dwfl_module_addrdie(module, pc, &bias);
	Dwfl_Line *at = dwfl_module_getsrc(module, pc);
	unsigned count = unit ? functions_in(unit, pc - bias, function) : 0;
	const char *source = at ? dwfl_lineinfo(at, NULL, &line, NULL, NULL, NULL) : NULL;
	if (source) {
		copy_printable(function[0].source, sizeof(function->source), source);
		function[0].line = (unsigned)line;
	}
	return count || !source ? count : 1;
}
