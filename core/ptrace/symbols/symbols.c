#include "symbols.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ascii.h"
#include "demangle.h"
#include "functions.h"
#include "proc.h"
#include "proc_mem.h"

enum { READABLE_MAX = 256 };

struct symbols {
	Dwfl *dwfl;
	pid_t pid;
	uint64_t unmapped_page; /* the last page that was found to belong to no file */
};

/*
 * The standard callback asks the debuginfod servers in the user's environment: a sweep would wait
 * for the network. The search by build ID reads only the disk.
 */
static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_linux_proc_find_elf,
	.find_debuginfo = dwfl_build_id_find_debuginfo,
};

static int forget_functions(
	Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr start, void *argument)
{
	(void)module;
	(void)name;
	(void)start;
	(void)argument;
	free(*userdata);
	*userdata = NULL;
	return DWARF_CB_OK;
}

/*
 * Adds the files that are mapped now. Known modules and their functions stay, even if the process
 * is gone.
 */
static int report_modules(struct symbols *symbols)
{
	dwfl_report_begin_add(symbols->dwfl);
	int error = dwfl_linux_proc_report(symbols->dwfl, symbols->pid);
	if (dwfl_report_end(symbols->dwfl, NULL, NULL) != 0 || error < 0)
		return -ENOMEM;
	/* The auxiliary vector of a zombie is empty. */
	return error == ENOENT || error == ENOEXEC ? -ESRCH : -error;
}

int symbols_open(struct symbols **symbols, pid_t pid)
{
	struct symbols *opened = calloc(1, sizeof(*opened));
	*symbols = NULL;
	if (!opened)
		return -ENOMEM;
	opened->pid = pid;
	opened->dwfl = dwfl_begin(&callbacks);
	int error = opened->dwfl ? report_modules(opened) : -ENOMEM;
	if (error)
		symbols_close(opened);
	else
		*symbols = opened;
	return error;
}

void symbols_close(struct symbols *symbols)
{
	if (!symbols)
		return;
	if (symbols->dwfl) {
		dwfl_getmodules(symbols->dwfl, forget_functions, NULL, 0);
		dwfl_end(symbols->dwfl);
	}
	free(symbols);
}

/* libdwfl attributes an address between two modules to the first of them. */
static Dwfl_Module *known_module(struct symbols *symbols, uint64_t pc)
{
	Dwarf_Addr start, end;
	Dwfl_Module *module = dwfl_addrmodule(symbols->dwfl, pc);
	if (!module)
		return NULL;
	dwfl_module_info(module, NULL, &start, &end, NULL, NULL, NULL, NULL);
	return pc >= start && pc < end ? module : NULL;
}

/* An address outside of all known modules may be in one that was mapped since. */
static Dwfl_Module *find_module(struct symbols *symbols, uint64_t pc)
{
	Dwfl_Module *module = known_module(symbols, pc);
	if (module || pc / VM_PAGE_SIZE == symbols->unmapped_page)
		return module;
	(void)report_modules(symbols);
	module = known_module(symbols, pc);
	if (!module)
		symbols->unmapped_page = pc / VM_PAGE_SIZE;
	return module;
}

/* Reads the functions of a module once; none if out of memory. */
static const struct function *find_function(Dwfl_Module *module, uint64_t pc)
{
	void **userdata;
	if (!module)
		return NULL;
	dwfl_module_info(module, &userdata, NULL, NULL, NULL, NULL, NULL, NULL);
	if (!*userdata)
		*userdata = functions_read(module);
	return *userdata ? functions_find(*userdata, pc) : NULL;
}

/* Without the directory; of "[vdso: 1234]" without the pid, which changes. */
static const char *module_name(Dwfl_Module *module, uint64_t *start, int *length)
{
	const char *path = dwfl_module_info(module, NULL, start, NULL, NULL, NULL, NULL, NULL);
	const char *slash = path[0] == '/' ? strrchr(path, '/') : NULL;
	const char *name = slash ? slash + 1 : path;
	*length = (int)(name[0] == '[' ? strcspn(name, ":]") : strlen(name));
	return name;
}

char *symbols_name(struct symbols *symbols, uint64_t pc, char *text, size_t size)
{
	Dwfl_Module *module = find_module(symbols, pc);
	const struct function *function = find_function(module, pc);
	uint64_t start = 0;
	int length = 0;
	char readable[READABLE_MAX];
	const char *name = module ? module_name(module, &start, &length) : "";
	const char *close = name[0] == '[' ? "]" : "";
	if (!module)
		(void)proc_location(symbols->pid, pc, text, size);
	else if (function)
		snprintf(text, size, "%s+0x%" PRIx64 " (%.*s%s)",
			demangle(function->name, function->length, readable, sizeof(readable)),
			pc - function->start, length, name, close);
	else
		snprintf(text, size, "%.*s%s+0x%" PRIx64, length, name, close, pc - start);
	return ascii_sanitize(text, size, text, size);
}

int symbols_function(struct symbols *symbols, uint64_t pc, uint64_t *start)
{
	const struct function *function = find_function(find_module(symbols, pc), pc);
	if (!function)
		return -ENOENT;
	*start = function->start;
	return 0;
}

struct search {
	const char *const *names;
	size_t count;
	struct symbol_found *found;
	size_t max, length;
};

static void note_found(struct search *search, size_t name, uint64_t address)
{
	for (size_t i = 0; i < search->length; i++)
		if (search->found[i].name == name && search->found[i].address == address)
			return;
	if (search->length < search->max)
		search->found[search->length++] = (struct symbol_found){name, address};
}

/* Ignores the symbol version. */
static bool is_named(const char *symbol, const char *name)
{
	size_t length = strlen(name);
	return strncmp(symbol, name, length) == 0 && (!symbol[length] || symbol[length] == '@');
}

static int search_module(
	Dwfl_Module *module, void **userdata, const char *path, Dwarf_Addr start, void *argument)
{
	struct search *search = argument;
	int symbols = dwfl_module_getsymtab(module);
	(void)userdata;
	(void)path;
	(void)start;
	for (int i = 1; i < symbols; i++) {
		GElf_Sym symbol;
		GElf_Addr value = 0;
		const char *name =
			dwfl_module_getsym_info(module, i, &symbol, &value, NULL, NULL, NULL);
		if (!name || symbol.st_shndx == SHN_UNDEF ||
			GELF_ST_TYPE(symbol.st_info) != STT_FUNC)
			continue;
		for (size_t k = 0; k < search->count; k++)
			if (is_named(name, search->names[k]))
				note_found(search, k, value);
	}
	return DWARF_CB_OK;
}

size_t symbols_find(struct symbols *symbols, const char *const *names, size_t count,
	struct symbol_found *found, size_t max)
{
	struct search search = {names, count, found, max, 0};
	(void)report_modules(symbols);
	dwfl_getmodules(symbols->dwfl, search_module, &search, 0);
	return search.length;
}

int symbols_sized_function(
	struct symbols *symbols, uint64_t pc, char *name, size_t size, uint64_t *start)
{
	const struct function *function = find_function(find_module(symbols, pc), pc);
	if (!function || !function->sized)
		return -ENOENT;
	demangle(function->name, function->length, name, size);
	ascii_sanitize(name, size, name, size);
	*start = function->start;
	return 0;
}

struct Dwfl_Module *symbols_module(
	struct symbols *symbols, uint64_t pc, char *name, size_t size, uint64_t *start)
{
	int length;
	Dwfl_Module *module = find_module(symbols, pc);
	if (!module)
		return NULL;
	const char *found = module_name(module, start, &length);
	snprintf(name, size, "%.*s%s", length, found, found[0] == '[' ? "]" : "");
	ascii_sanitize(name, size, name, size);
	return module;
}

struct Dwfl *symbols_dwfl(const struct symbols *symbols)
{
	return symbols->dwfl;
}
