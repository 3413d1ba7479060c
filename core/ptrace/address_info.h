/*
 * What an address of data is: a variable of a file, a thread's own memory, or memory that somebody
 * has mapped. Said by what is known for certain: a variable is named only if the size of its symbol
 * says that the address lies in it.
 */
#ifndef FORKLAB_ADDRESS_INFO_H
#define FORKLAB_ADDRESS_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct symbols;
struct shm;

/* Room for a symbol or the name of a file. */
enum { OBJECT_NAME_MAX = 192 };

enum address_kind {
	ADDRESS_UNKNOWN,  /* not mapped */
	ADDRESS_VARIABLE, /* within the data of a file; `name` "" without a symbol */
	ADDRESS_HEAP,     /* what brk() made */
	ADDRESS_MAPPED,   /* memory that mmap() made, of no file: an allocator's, mostly */
	ADDRESS_STACK,    /* of a thread */
	ADDRESS_TLS,      /* thread-local storage of a thread, or libc's own data on it */
	ADDRESS_SHARED,   /* shared with other processes */
};

struct address_info {
	enum address_kind kind;
	uint64_t address;
	char name[OBJECT_NAME_MAX];   /* of the variable */
	char module[OBJECT_NAME_MAX]; /* the file's name, of ADDRESS_VARIABLE */
	uint64_t module_offset;       /* of the address, from where the file is mapped */
	uint64_t start, end;          /* of the variable, else of the mapping */
	pid_t tid;                    /* of ADDRESS_STACK and ADDRESS_TLS */
};

/* A thread whose own memory is to be told apart. */
struct thread_memory {
	pid_t tid;
	uint64_t sp;  /* its stack pointer */
	uint64_t top; /* where its stack begins; 0: unknown */
	uint64_t tp;  /* its thread pointer; 0: unknown */
};

/*
 * Looks it up in a live process; `threads` are those that are known. Always fills in *object.
 */
void address_info_find(struct address_info *address_info, struct symbols *symbols, pid_t pid,
	uint64_t address, const struct thread_memory *thread, size_t threads);

/*
 * The same for an address in the data of the file that is mapped from `base` on, when the process
 * may be gone: true and the variable if a symbol tells.
 */
bool address_info_find_variable(struct address_info *address_info, struct symbols *symbols,
	uint64_t address, uint64_t base);

/* "variable", "heap", ... */
const char *address_kind_name(enum address_kind kind);

#endif
