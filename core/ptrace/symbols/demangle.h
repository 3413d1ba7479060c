/* Readable names of C++ symbols. */
#pragma once

#include <stddef.h>

/*
 * The symbol symbol[0..length-1] as a person would write it: the qualified name of a C++ function
 * or variable, without parameters, return type and long template arguments; any other symbol as it
 * is.
 * "_ZN8tcmalloc19CentralCacheLockAllEv" becomes "tcmalloc::CentralCacheLockAll". Cut to fit;
 * returns `text`. Pure; not async-signal-safe.
 */
char *demangle(const char *symbol, int length, char *text, size_t size);
