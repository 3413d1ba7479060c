#include "address_info.h"

#include "demangle.h"
#include "functions.h"
#include "proc.h"
#include "proc_mem.h"
#include "symbols.h"

#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <string.h>

enum { TLS_BELOW = 16 * 1024 };

const char *address_kind_name(enum address_kind kind)
{
	static const char *const names[] = {
		[ADDRESS_UNKNOWN] = "unknown",
		[ADDRESS_VARIABLE] = "variable",
		[ADDRESS_HEAP] = "heap",
		[ADDRESS_MAPPED] = "mapped",
		[ADDRESS_STACK] = "stack",
		[ADDRESS_TLS] = "thread-local",
		[ADDRESS_SHARED] = "shared",
	};
	return names[kind];
}

/* ---- Variables ---- */

struct variable {
	const char *name;
	uint64_t start, size;
	bool local;
};

/* Which of two symbols of an address to show. */
static bool is_preferred(const struct variable *a, const struct variable *b)
{
	if (!b->name)
		return true;
	/* The smaller one is more precise. */
	if (a->size != b->size)
		return a->size < b->size;
	return symbol_name_compare(a->name, a->local, b->name, b->local) < 0;
}

static bool read_variable(
	Dwfl_Module *module, int index, uint64_t address, struct variable *variable)
{
	GElf_Sym symbol;
	GElf_Addr value = 0;
	const char *name =
		dwfl_module_getsym_info(module, index, &symbol, &value, NULL, NULL, NULL);
	if (!name || !*name || symbol.st_shndx == SHN_UNDEF ||
		GELF_ST_TYPE(symbol.st_info) != STT_OBJECT)
		return false;
	*variable = (struct variable){
		name, value, symbol.st_size, GELF_ST_BIND(symbol.st_info) == STB_LOCAL};
	return address >= value && address - value < symbol.st_size;
}

static void find_variable(struct address_info *address_info, Dwfl_Module *module)
{
	struct variable best = {0}, this;
	int symbols = dwfl_module_getsymtab(module);
	for (int i = 1; i < symbols; i++)
		if (read_variable(module, i, address_info->address, &this) &&
			is_preferred(&this, &best))
			best = this;
	if (!best.name)
		return;
	demangle(best.name, (int)strcspn(best.name, "@"), address_info->name,
		sizeof(address_info->name));
	address_info->start = best.start;
	address_info->end = best.start + best.size;
}

static void classify_file_mapping(struct address_info *address_info, struct symbols *symbols,
	const struct proc_mapping *mapping)
{
	const char *slash = strrchr(mapping->module, '/');
	uint64_t start;
	char name[OBJECT_NAME_MAX];
	address_info->kind = ADDRESS_VARIABLE;
	address_info->module_offset = address_info->address - mapping->module_base;
	snprintf(address_info->module, sizeof(address_info->module), "%s",
		slash ? slash + 1 : mapping->module);
	/* By the file's first mapping: libdwfl does not know of .bss, which is not in the file. */
	struct Dwfl_Module *module =
		symbols_module(symbols, mapping->module_base, name, sizeof(name), &start);
	if (module)
		find_variable(address_info, module);
}

bool address_info_find_variable(
	struct address_info *address_info, struct symbols *symbols, uint64_t address, uint64_t base)
{
	uint64_t start;
	*address_info = (struct address_info){.kind = ADDRESS_VARIABLE, .address = address};
	struct Dwfl_Module *module = symbols_module(
		symbols, base, address_info->module, sizeof(address_info->module), &start);
	if (!module || start != base)
		return false;
	address_info->module_offset = address - start;
	find_variable(address_info, module);
	return address_info->name[0] != '\0';
}

/* ---- Anonymous memory ---- */

/*
 * Static TLS is right below the thread pointer, and libc's descriptor of the thread right above it,
 * in the last page of what libc mapped for the thread. The kernel may merge that with the mapping
 * behind it, so the end of the mapping says nothing. 0: unknown.
 */
static uint64_t end_of_thread(const struct thread_memory *thread)
{
	return thread->tp ? (thread->tp | (VM_PAGE_SIZE - 1)) + 1 : 0;
}

static bool is_near_thread_pointer(const struct thread_memory *thread, uint64_t address)
{
	return address < end_of_thread(thread) && address + TLS_BELOW >= thread->tp;
}

/*
 * A thread's stack is the part of the mapping that its stack pointer is in, up to the thread-local
 * storage.
 */
static bool classify_thread_memory(struct address_info *address_info,
	const struct proc_mapping *mapping, const struct thread_memory *thread)
{
	uint64_t end = end_of_thread(thread);
	bool in_stack = thread->sp >= mapping->start && thread->sp < mapping->end &&
			(end < thread->sp || address_info->address < end);
	bool local =
		thread->tp >= mapping->start && thread->tp <= mapping->end &&
		is_near_thread_pointer(thread, address_info->address) &&
		(!in_stack || address_info->address > (thread->top ? thread->top : thread->sp));
	if (!in_stack && !local)
		return false;
	address_info->kind = local ? ADDRESS_TLS : ADDRESS_STACK;
	address_info->tid = thread->tid;
	return true;
}

static void classify_anonymous_mapping(struct address_info *address_info,
	const struct proc_mapping *mapping, const struct thread_memory *thread, size_t threads)
{
	address_info->kind = strcmp(mapping->module, "[heap]") == 0 ? ADDRESS_HEAP : ADDRESS_MAPPED;
	for (size_t i = 0; i < threads; i++)
		if (classify_thread_memory(address_info, mapping, &thread[i]))
			return;
}

void address_info_find(struct address_info *address_info, struct symbols *symbols, pid_t pid,
	uint64_t address, const struct thread_memory *thread, size_t threads)
{
	struct proc_mapping mapping;
	*address_info = (struct address_info){.address = address};
	if (proc_mapping(pid, address, &mapping) != 0)
		return;
	address_info->start = mapping.start;
	address_info->end = mapping.end;
	if (mapping.shared)
		address_info->kind = ADDRESS_SHARED;
	else if (mapping.module[0] == '/')
		classify_file_mapping(address_info, symbols, &mapping);
	else
		classify_anonymous_mapping(address_info, &mapping, thread, threads);
}
