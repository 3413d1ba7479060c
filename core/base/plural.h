/* The plural of English nouns in messages: "1 fork point", "2 fork points". Pure. */
#pragma once

#include <stdint.h>

/* "s" unless n is 1. */
static inline const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* The one that fits n: plural_of(n, "process", "processes"). */
static inline const char *plural_of(uint64_t n, const char *one, const char *several)
{
	return n == 1 ? one : several;
}
