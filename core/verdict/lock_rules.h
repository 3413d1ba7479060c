/*
 * Whose lock is it? Pure functions of where the lock lies and of the functions that take it.
 * docs/verdicts.md states the rules.
 */
#pragma once

#include "lock_origin.h"

#include <stdbool.h>

/* Which of the process's files an address lies in. */
enum module_kind {
	MODULE_NONE, /* in none: heap, stack, other anonymous memory */
	MODULE_ALLOCATOR,
	MODULE_LIBC,
	MODULE_LOADER,
	MODULE_PROGRAM,
	MODULE_LIBRARY, /* another shared object */
};

/* A frame of the stuck thread, by what its function is. */
enum frame_kind {
	FRAME_NAMELESS,  /* in libc or the loader, without a symbol */
	FRAME_PRIMITIVE, /* waits for the caller: pthread_mutex_lock(), futex waits, sleeps */
	FRAME_ALLOCATOR,
	FRAME_LIBC,
	FRAME_LOADER,
	FRAME_LIBRARY,
	FRAME_PROGRAM,
};

/* Where the allocator and libc are. */
struct link_facts {
	bool allocator_in_libc;    /* the malloc under test is libc's own */
	bool allocator_in_program; /* it is linked into the program */
	bool libc_in_program;      /* a static program */
};

enum { LOCK_FRAMES_MAX = 24 };

struct lock_facts {
	struct link_facts link;
	bool published; /* the lock has a published name; then: */
	bool published_of_allocator;
	bool malloc_variable;      /* the word is a variable of libc's malloc */
	bool in_parent;            /* the thread is one of the process that forks */
	bool in_call;              /* the thread is in a call into the allocator, as it says */
	enum module_kind location; /* of the word */
	enum wait_object object;
	unsigned frames;
	enum frame_kind frame[LOCK_FRAMES_MAX]; /* the innermost first */
};

struct lock_decision {
	enum lock_origin origin;
	bool by_allocator; /* the lock is not the allocator's, but the allocator's call takes it */
	int taker;         /* index of the frame whose function takes it; -1: unknown */
};

/* Decides. Any thread. */
struct lock_decision lock_decide(const struct lock_facts *facts);

/* What a function is, by its name ("" or NULL: nameless) and its file. */
enum frame_kind lock_frame_kind(
	const struct link_facts *link, enum module_kind module, const char *function);

/* What a function of libc waits for; WAIT_OBJECT_UNKNOWN: it does not say. */
enum wait_object lock_wait_object(const char *function);

/* Whether a variable of libc with that name belongs to its malloc. */
bool lock_is_malloc_variable(const char *variable);
