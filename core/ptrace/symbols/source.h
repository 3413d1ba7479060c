/* What debug information says of a code address: files, lines, inlined functions. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct Dwfl_Module;

enum { SOURCE_INLINED_MAX = 16, SOURCE_NAME_MAX = 192, SOURCE_PATH_MAX = 256 };

/* A function that the address belongs to, and the line in it; "" and 0: unknown. */
struct source_function {
	char name[SOURCE_NAME_MAX];
	char source[SOURCE_PATH_MAX]; /* as it was passed to the compiler */
	unsigned line;
};

/*
 * The functions at an address: the innermost inlined one first, the one that contains them last.
 * Returns their number, at most SOURCE_INLINED_MAX; 0 without debug information.
 */
unsigned source_functions(struct Dwfl_Module *module, uint64_t pc,
	struct source_function function[SOURCE_INLINED_MAX]);
