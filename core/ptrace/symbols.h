/*
 * Names for addresses of the code of a live process, from the symbol tables of its files and from
 * debug files installed on this machine; nothing is ever fetched. The process is looked at through
 * /proc only: it is not stopped, and need not be traced. forklab only; single-threaded.
 */
#ifndef FORKLAB_SYMBOLS_H
#define FORKLAB_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct symbols;
struct Dwfl;
struct Dwfl_Module;

/*
 * Looks up which files the process has mapped; they are read when they are first asked for, which
 * works after the process is gone as well. 0, -ESRCH or another -errno when it cannot be looked
 * at, -ENOMEM.
 */
int symbols_open(struct symbols **symbols, pid_t pid);

/* Harmless with NULL. */
void symbols_close(struct symbols *symbols);

/*
 * "_int_malloc+0x1a3 (libc.so.6)"; "libc.so.6+0x8701b" without a symbol, counted from where the
 * file is mapped as proc_location() does; "0x7f..." outside of all files. Printable ASCII, cut to
 * fit; returns `text`. A file that was mapped after symbols_open() is found.
 */
char *symbols_name(struct symbols *symbols, uint64_t pc, char *text, size_t size);

struct symbol_found {
	size_t name; /* which of the names */
	uint64_t address;
};

/*
 * Where functions of these names begin, in all files that are mapped by now: up to `max` of them,
 * in no particular order. Returns how many were found. For the answer to be right while a program
 * is being loaded, call it again when more is mapped.
 */
size_t symbols_find(struct symbols *symbols, const char *const *names, size_t count,
	struct symbol_found *found, size_t max);

/* Where the function that contains pc begins. 0, or -ENOENT when no symbol tells. */
int symbols_function(struct symbols *symbols, uint64_t pc, uint64_t *start);

/*
 * The function whose symbol says, by its size, that pc lies in it: its name, without a version, and
 * where it begins. 0, or -ENOENT. The name is cut to fit, printable ASCII.
 */
int symbols_sized_function(
	struct symbols *symbols, uint64_t pc, char *name, size_t size, uint64_t *start);

/*
 * The module that an address of code lies in, its name as symbols_name() has it, and where its file
 * is mapped. NULL when it lies in none.
 */
struct Dwfl_Module *symbols_module(
	struct symbols *symbols, uint64_t pc, char *name, size_t size, uint64_t *start);

/* For those who want more than names: libdwfl's own handle. It stays ours. */
struct Dwfl *symbols_dwfl(const struct symbols *symbols);

#endif
