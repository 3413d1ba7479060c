#include "functions.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Hand-written code has second entries: functions nested in others, one or two deep. */
enum { NESTED_MAX = 4 };

/* Where the section of a symbol ends in memory; 0: unknown. */
static uint64_t section_end(Elf *elf, GElf_Word index, uint64_t bias)
{
	GElf_Shdr header;
	Elf_Scn *section = elf && index != (GElf_Word)-1 ? elf_getscn(elf, index) : NULL;
	if (!section || !gelf_getshdr(section, &header))
		return 0;
	return header.sh_addr + header.sh_size + bias;
}

static bool read_function(Dwfl_Module *module, int index, struct function *function)
{
	GElf_Sym symbol;
	GElf_Addr value = 0;
	GElf_Word section = 0;
	Elf *elf = NULL;
	Dwarf_Addr bias = 0;
	const char *name =
		dwfl_module_getsym_info(module, index, &symbol, &value, &section, &elf, &bias);
	if (!name || !*name || symbol.st_shndx == SHN_UNDEF)
		return false;
	unsigned char type = GELF_ST_TYPE(symbol.st_info);
	if (type != STT_FUNC && type != STT_GNU_IFUNC)
		return false;
	*function = (struct function){.start = value,
		.name = name,
		.length = (int)strcspn(name, "@"),
		.local = GELF_ST_BIND(symbol.st_info) == STB_LOCAL,
		.sized = symbol.st_size != 0};
	/* "name@VERSION" is for old programs, "name@@VERSION" is the default. */
	function->old_version = name[function->length] && name[function->length + 1] != '@';
	function->end = function->sized ? value + symbol.st_size : section_end(elf, section, bias);
	return function->end > function->start;
}

int symbol_name_compare(const char *a, bool a_local, const char *b, bool b_local)
{
	size_t a_underscores = strspn(a, "_"), b_underscores = strspn(b, "_");
	if (a_underscores != b_underscores)
		return a_underscores < b_underscores ? -1 : 1;
	if (a_local != b_local)
		return a_local ? 1 : -1;
	return strcmp(a, b);
}

/* Of several names of a function one is shown: malloc, not __libc_malloc. */
static int by_preference(const struct function *a, const struct function *b)
{
	bool a_internal = strncmp(a->name, "__GI_", 5) == 0;
	bool b_internal = strncmp(b->name, "__GI_", 5) == 0;
	if (a->old_version != b->old_version)
		return a->old_version ? 1 : -1;
	/* glibc's internal alias. */
	if (a_internal != b_internal)
		return a_internal ? 1 : -1;
	return symbol_name_compare(a->name, a->local, b->name, b->local);
}

static int by_address(const void *left, const void *right)
{
	const struct function *a = left, *b = right;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return by_preference(a, b);
}

/* Another symbol of the same function: only one of them may have a size. */
static void add_alias(struct function *function, const struct function *alias)
{
	if (function->sized == alias->sized ? alias->end > function->end : alias->sized)
		function->end = alias->end;
	function->sized |= alias->sized;
}

/* Symbols of hand-written code often have no size: end them where the next one begins. */
static void end_unsized(struct functions *functions)
{
	for (size_t i = 0; i + 1 < functions->count; i++) {
		struct function *function = &functions->function[i];
		if (!function->sized && function->end > function[1].start)
			function->end = function[1].start;
	}
}

/* Leaves one entry for each start address. */
static void merge_aliases(struct functions *functions)
{
	struct function *function = functions->function;
	size_t kept = 0;
	qsort(function, functions->count, sizeof(*function), by_address);
	for (size_t i = 0; i < functions->count; i++) {
		if (kept == 0 || function[kept - 1].start != function[i].start)
			function[kept++] = function[i];
		else
			add_alias(&function[kept - 1], &function[i]);
	}
	functions->count = kept;
	end_unsized(functions);
}

struct functions *functions_read(Dwfl_Module *module)
{
	int symbols = dwfl_module_getsymtab(module);
	size_t room = symbols > 0 ? (size_t)symbols : 0;
	struct functions *functions =
		malloc(sizeof(*functions) + room * sizeof(functions->function[0]));
	if (!functions)
		return NULL;
	functions->count = 0;
	for (int i = 1; i < symbols; i++)
		if (read_function(module, i, &functions->function[functions->count]))
			functions->count++;
	merge_aliases(functions);
	return functions;
}

const struct function *functions_find(const struct functions *functions, uint64_t pc)
{
	size_t low = 0, high = functions->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (functions->function[middle].start <= pc)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t i = 0; i < NESTED_MAX && i < low; i++) {
		const struct function *function = &functions->function[low - 1 - i];
		if (pc < function->end)
			return function;
	}
	return NULL;
}
