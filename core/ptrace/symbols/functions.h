/* The functions of one module, sorted by address, and how to choose among names of a symbol. */
#pragma once

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct function {
	uint64_t start, end; /* as loaded; `end` is exclusive */
	const char *name;    /* in the symbol table, with its version */
	int length;          /* of the name without its version */
	bool old_version;    /* "name@VERSION", kept for old programs */
	bool local, sized;
};

struct functions {
	size_t count;
	struct function function[];
};

/*
 * The functions of a module, from all its symbol tables; may be none. NULL: out of memory. libdwfl
 * would search the whole table for each address, and a sweep looks up thousands.
 */
struct functions *functions_read(Dwfl_Module *module);

/* The function that contains pc, or NULL. */
const struct function *functions_find(const struct functions *functions, uint64_t pc);

/*
 * Orders two names of one symbol, the one to show first: fewer leading underscores, global before
 * local, then by strcmp().
 */
int symbol_name_compare(const char *a, bool a_local, const char *b, bool b_local);
