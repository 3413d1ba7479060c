/* What debug information tells of an address of code: files, lines, inlined functions. */
#ifndef FORKLAB_SOURCE_H
#define FORKLAB_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

struct Dwfl_Module;

enum { SOURCE_INLINED_MAX = 16, SOURCE_NAME_MAX = 192, SOURCE_PATH_MAX = 256 };

/* One function that is being executed there, and the line in it; "" and 0 when unknown. */
struct source_function {
	char name[SOURCE_NAME_MAX];
	char source[SOURCE_PATH_MAX]; /* as the compiler was given it */
	unsigned line;
};

/*
 * The functions at an address: the innermost inlined one first, the one that they were inlined into
 * last. How many there are, at most SOURCE_INLINED_MAX; 0 without debug information.
 */
unsigned source_functions(struct Dwfl_Module *module, uint64_t pc,
	struct source_function function[SOURCE_INLINED_MAX]);

/* Whether there is debug information for the module at all. */
bool source_has_any(struct Dwfl_Module *module);

#endif
