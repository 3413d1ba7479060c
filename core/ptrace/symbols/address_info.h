/*
 * What a data address is: a variable of a file, a thread's memory, or another mapping. A variable
 * is named only if the address is within the size of its symbol.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct symbols;
struct shm;

/* Room for a symbol or file name. */
enum { OBJECT_NAME_MAX = 192 };

enum address_kind {
	ADDRESS_UNKNOWN,  /* not mapped */
	ADDRESS_VARIABLE, /* in the data of a file; `name` is "" without a symbol */
	ADDRESS_HEAP,     /* made by brk() */
	ADDRESS_MAPPED,   /* anonymous memory, mostly an allocator's */
	ADDRESS_STACK,    /* of a thread */
	ADDRESS_TLS,      /* thread-local storage, or libc's descriptor of the thread */
	ADDRESS_SHARED,   /* shared with other processes */
};

struct address_info {
	enum address_kind kind;
	uint64_t address;
	char name[OBJECT_NAME_MAX];   /* of the variable */
	char module[OBJECT_NAME_MAX]; /* ADDRESS_VARIABLE: the file's name */
	uint64_t module_offset;       /* of the address, from the start of the mapped file */
	uint64_t start, end;          /* of the variable, else of the mapping */
	pid_t tid;                    /* of ADDRESS_STACK and ADDRESS_TLS */
};

/* A thread whose stack and TLS are to be recognised. */
struct thread_memory {
	pid_t tid;
	uint64_t sp;  /* stack pointer */
	uint64_t top; /* upper end of the stack; 0: unknown */
	uint64_t tp;  /* thread pointer; 0: unknown */
};

/* Looks up an address of a live process. Always fills in *address_info. */
void address_info_find(struct address_info *address_info, struct symbols *symbols, pid_t pid,
	uint64_t address, const struct thread_memory *thread, size_t threads);

/*
 * The same for an address in the data of the file that is mapped at `base`; the process may be
 * gone. True if a symbol names a variable there.
 */
bool address_info_find_variable(struct address_info *address_info, struct symbols *symbols,
	uint64_t address, uint64_t base);

/* "variable", "heap", ... */
const char *address_kind_name(enum address_kind kind);
