/*
 * Names for code addresses of a live process, from the symbol tables of its files and from debug
 * files installed on this machine; nothing is downloaded. The process is read through /proc: it is
 * neither stopped nor traced. Single-threaded.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct symbols;
struct Dwfl;
struct Dwfl_Module;

/*
 * Finds the files that the process has mapped. They are read at first use, which also works after
 * the process is gone. 0, -ENOMEM, or -ESRCH or another -errno: it cannot be read.
 */
int symbols_open(struct symbols **symbols, pid_t pid);

/* Harmless with NULL. */
void symbols_close(struct symbols *symbols);

/*
 * "_int_malloc+0x1a3 (libc.so.6)"; without a symbol "libc.so.6+0x8701b", with the offset from the
 * start of the mapped file as in proc_location(); outside of all files "0x7f...". C++ names are
 * readable, see demangle.h. Printable ASCII, cut to fit. Finds files mapped after symbols_open()
 * too. Returns `text`.
 */
char *symbols_name(struct symbols *symbols, uint64_t pc, char *text, size_t size);

struct symbol_found {
	size_t name; /* index of the name */
	uint64_t address;
};

/*
 * Finds functions by name in all files that are mapped now: up to `max`, in no particular order.
 * Returns how many were found. While a program is being loaded, call it again when more files are
 * mapped.
 */
size_t symbols_find(struct symbols *symbols, const char *const *names, size_t count,
	struct symbol_found *found, size_t max);

/* The start of the function that contains pc. 0, or -ENOENT: no symbol. */
int symbols_function(struct symbols *symbols, uint64_t pc, uint64_t *start);

/*
 * The function whose symbol has a size that includes pc: its name without version (readable as in
 * demangle.h, printable ASCII, cut to fit) and its start. 0 or -ENOENT.
 */
int symbols_sized_function(
	struct symbols *symbols, uint64_t pc, char *name, size_t size, uint64_t *start);

/*
 * The module that contains a code address, its name as in symbols_name(), and the start of its
 * mapping; NULL: none.
 */
struct Dwfl_Module *symbols_module(
	struct symbols *symbols, uint64_t pc, char *name, size_t size, uint64_t *start);

/* The libdwfl handle, owned by *symbols. */
struct Dwfl *symbols_dwfl(const struct symbols *symbols);
