/* The functions of one module, sorted by address, and how to choose among names of a symbol. */
#ifndef FORKLAB_FUNCTIONS_H
#define FORKLAB_FUNCTIONS_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct function {
	uint64_t start, end; /* as loaded; the end is the first address behind it */
	const char *name;    /* in the symbol table, not cut */
	int length;          /* of the name, without a symbol version behind it */
	bool old_version;    /* the name of an old version */
	bool local, sized;
};

struct functions {
	size_t count;
	struct function function[];
};

/*
 * Of a module, from all its symbol tables: one with no count when it has none. NULL: out of memory.
 * libdwfl itself searches the whole table for each address; a sweep asks for thousands.
 */
struct functions *functions_read(Dwfl_Module *module);

/* The one that contains pc, or NULL. */
const struct function *functions_find(const struct functions *functions, uint64_t pc);

/*
 * Orders two names of one symbol, the one to show first: fewer leading underscores, global before
 * local, then by strcmp().
 */
int symbol_name_compare(const char *a, bool a_local, const char *b, bool b_local);

#endif
