#include "address_info.h"

#include "proc.h"
#include "symbols.h"

#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <string.h>

/* glibc keeps its own data on a thread right above the thread pointer, and what is thread-local
 * right below. */
enum { TLS_ABOVE = 4096, TLS_BELOW = 16 * 1024 };

const char *object_kind_name(enum object_kind kind)
{
	static const char *const names[] = {
		[OBJECT_UNKNOWN] = "unknown",
		[OBJECT_VARIABLE] = "variable",
		[OBJECT_HEAP] = "heap",
		[OBJECT_MAPPED] = "mapped",
		[OBJECT_STACK] = "stack",
		[OBJECT_TLS] = "thread-local",
		[OBJECT_SHARED] = "shared",
	};
	return names[kind];
}

/* ---- Variables ---- */

struct variable {
	const char *name;
	uint64_t start, size;
	bool local;
};

/* Of several names for one variable the plainest is shown. */
static bool is_plainer(const struct variable *a, const struct variable *b)
{
	if (!b->name)
		return true;
	/* The smaller one is the more exact. */
	if (a->size != b->size)
		return a->size < b->size;
	size_t a_underscores = strspn(a->name, "_"), b_underscores = strspn(b->name, "_");
	if (a_underscores != b_underscores)
		return a_underscores < b_underscores;
	if (a->local != b->local)
		return b->local;
	return strcmp(a->name, b->name) < 0;
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

static void find_variable(struct object *object, Dwfl_Module *module)
{
	struct variable best = {0}, this;
	int symbols = dwfl_module_getsymtab(module);
	for (int i = 1; i < symbols; i++)
		if (read_variable(module, i, object->address, &this) && is_plainer(&this, &best))
			best = this;
	if (!best.name)
		return;
	snprintf(
		object->name, sizeof object->name, "%.*s", (int)strcspn(best.name, "@"), best.name);
	object->start = best.start;
	object->end = best.start + best.size;
}

static void in_file(
	struct object *object, struct symbols *symbols, const struct proc_mapping *mapping)
{
	const char *slash = strrchr(mapping->module, '/');
	uint64_t start;
	char name[OBJECT_NAME_MAX];
	object->kind = OBJECT_VARIABLE;
	object->module_offset = object->address - mapping->module_base;
	snprintf(object->module, sizeof object->module, "%s", slash ? slash + 1 : mapping->module);
	/* By its first mapping: what is not in the file, .bss, libdwfl knows nothing of. */
	struct Dwfl_Module *module =
		symbols_module(symbols, mapping->module_base, name, sizeof name, &start);
	if (module)
		find_variable(object, module);
}

bool object_find_variable(
	struct object *object, struct symbols *symbols, uint64_t address, uint64_t base)
{
	uint64_t start;
	*object = (struct object){.kind = OBJECT_VARIABLE, .address = address};
	struct Dwfl_Module *module =
		symbols_module(symbols, base, object->module, sizeof object->module, &start);
	if (!module || start != base)
		return false;
	object->module_offset = address - start;
	find_variable(object, module);
	return object->name[0] != '\0';
}

/* ---- Memory of no file ---- */

static bool is_around(const struct object_thread *thread, uint64_t address)
{
	return thread->tp && address < thread->tp + TLS_ABOVE && address + TLS_BELOW >= thread->tp;
}

/*
 * A thread's stack is a mapping that its stack pointer lies in; at the upper end of it libc keeps
 * what is thread-local.
 */
static bool of_thread(struct object *object, const struct proc_mapping *mapping,
	const struct object_thread *thread)
{
	bool in_stack = thread->sp >= mapping->start && thread->sp < mapping->end;
	bool local = thread->tp >= mapping->start && thread->tp <= mapping->end &&
		     is_around(thread, object->address) &&
		     (!in_stack || object->address > (thread->top ? thread->top : thread->sp));
	if (!in_stack && !local)
		return false;
	object->kind = local ? OBJECT_TLS : OBJECT_STACK;
	object->tid = thread->tid;
	return true;
}

static void in_memory(struct object *object, const struct proc_mapping *mapping,
	const struct object_thread *thread, size_t threads)
{
	object->kind = strcmp(mapping->module, "[heap]") == 0 ? OBJECT_HEAP : OBJECT_MAPPED;
	for (size_t i = 0; i < threads; i++)
		if (of_thread(object, mapping, &thread[i]))
			return;
}

void object_find(struct object *object, struct symbols *symbols, pid_t pid, uint64_t address,
	const struct object_thread *thread, size_t threads)
{
	struct proc_mapping mapping;
	*object = (struct object){.address = address};
	if (proc_mapping(pid, address, &mapping) != 0)
		return;
	object->start = mapping.start;
	object->end = mapping.end;
	if (mapping.shared)
		object->kind = OBJECT_SHARED;
	else if (mapping.module[0] == '/')
		in_file(object, symbols, &mapping);
	else
		in_memory(object, &mapping, thread, threads);
}
