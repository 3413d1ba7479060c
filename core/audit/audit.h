/*
 * What the atfork handlers of an allocator are and do, found by watching a process that uses it:
 * every registration from the first instruction on, and then one fork, instruction by instruction.
 * docs/audit.md tells how.
 */
#ifndef FORKLAB_AUDIT_H
#define FORKLAB_AUDIT_H

#include "catalogue.h"
#include "model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	AUDIT_REGISTRATIONS_MAX = 16,
	AUDIT_LOCK_WORDS_MAX = 512,
	AUDIT_PUBLISHED_LOCKS_MAX = 32, /* locks that the allocator itself has told the names of */
};

/* The three handlers of a registration, and where in a fork they run. */
enum atfork_phase { ATFORK_PREPARE, ATFORK_PARENT, ATFORK_CHILD, ATFORK_PHASES };

/* By which of libc's doors a registration came. */
enum audit_entry_point {
	AUDIT_ENTRY_REGISTER_ATFORK, /* __register_atfork, where the present pthread_atfork leads */
	AUDIT_ENTRY_COMPAT,          /* the pthread_atfork that libc exports for programs of old */
	AUDIT_ENTRY_PTHREAD_ATFORK,  /* pthread_atfork of a libc without such history */
	AUDIT_ENTRY_POINTS
};

/* Who put a lock word back, and with what. */
enum audit_lock_state {
	AUDIT_LEFT_LOCKED, /* nobody: it still holds what the prepare handler made of it */
	AUDIT_RELEASED,    /* an unlock: atomic, pthread_mutex_unlock(), or what the parent does */
	AUDIT_REINITIALISED, /* made anew: a plain store, or pthread_mutex_init() */
	AUDIT_LOCK_STATES
};

/* What was seen while one handler ran, or libc's own part of fork() on one side. */
struct audit_action {
	bool ran;
	uint32_t order;        /* in which it ran on its side, from 1; 0: libc's own part */
	uint64_t instructions; /* without those of the mutex calls */
	uint32_t mutex_calls;  /* of pthread_mutex_*() */
	uint32_t syscalls;
	uint32_t stores;  /* outside of the stack, whether or not anything changed */
	uint32_t locked;  /* ATFORK_PREPARE: lock words that it took */
	double median_ns; /* ATFORK_PREPARE: called by itself, untraced; < 0: not measured */
};

struct audit_handler {
	uint64_t address;              /* 0: none */
	char name[MODEL_NAME_MAX * 2]; /* "prepare (forklab-run-x)", "libx.so.2+0x1230" */
	struct audit_action action;
};

struct audit_registration {
	enum audit_entry_point entry_point;
	char caller[MODEL_NAME_MAX * 2]; /* who registered: symbol and module */
	bool own; /* the application's, which an audit brings along to compare with */
	uint32_t
		duplicate_of; /* number of an earlier one with the same handlers, from 1; 0: none */
	struct audit_handler handler[ATFORK_PHASES];
};

/* A word that was taken before the fork; or, `reset`, only made anew in the child. */
struct audit_lock_word {
	uint64_t address;
	uint32_t size; /* bytes */
	int32_t taker; /* registration, from 0; -1: fork() itself */
	bool mutex;    /* of a pthread_mutex_t */
	bool reset;
	bool of_malloc; /* malloc() was seen to take it as well; looked for where there are no
			   handlers */
	enum audit_lock_state parent, child;
	char name[MODEL_NAME_MAX * 2]; /* "teach bins lock", "libx.so.2+0x1230", "[heap]+0x10" */
};

/* A lock that the allocator has published. */
struct audit_published_lock {
	char name[MODEL_NAME_MAX];
	bool taken, reset;
};

enum audit_kind {
	AUDIT_UNKNOWN,       /* see `why` */
	AUDIT_NONE,          /* no handlers */
	AUDIT_EMPTY,         /* handlers that do nothing */
	AUDIT_LOCKS_NOTHING, /* they do something, but touch no lock */
	AUDIT_RESETS,        /* nothing is locked, but made anew in the child */
	AUDIT_RELEASES,      /* locked, and released in the child */
	AUDIT_REINITS,       /* locked, and made anew in the child */
	AUDIT_MIXED,         /* locked; some are released, some made anew */
	AUDIT_ABANDONS,      /* locked, and some still are in the child */
	AUDIT_LIBC,          /* no handlers: fork() itself takes a lock of its own malloc */
	AUDIT_KINDS
};

struct audit {
	char allocator[MODEL_NAME_MAX], version[MODEL_NAME_MAX], link[MODEL_NAME_MAX];
	bool of_libc; /* fork() itself takes a lock that malloc() was seen to take as well */
	uint32_t registrations; /* in their order */
	struct audit_registration registration[AUDIT_REGISTRATIONS_MAX];
	struct audit_action libc[ATFORK_PHASES]; /* what fork() does outside of them */
	uint32_t words;
	struct audit_lock_word word[AUDIT_LOCK_WORDS_MAX];
	uint32_t known;
	struct audit_published_lock known_lock[AUDIT_PUBLISHED_LOCKS_MAX];
	bool not_allowed; /* AUDIT_UNKNOWN, for want of the right to trace, of the processor, or of
			   * a program that can be stepped at all */
	bool lost;        /* more registrations or words than fit */

	/* The conclusion: audit_conclude(). */
	enum audit_kind kind;
	uint32_t locks, released, reinited, left, resets;
	uint32_t of_malloc;            /* of the locks, those that malloc() was seen to take */
	uint32_t forgotten;            /* published locks that were neither taken nor made anew */
	char brief[MODEL_NAME_MAX];    /* for a table: "none", "locks 3", "libc", "?" */
	char sentence[MODEL_TEXT_MAX]; /* the same in words */
	char why[MODEL_TEXT_MAX];      /* of AUDIT_UNKNOWN */
	double seconds;
};

/*
 * Starts the allocator's runner, watches it, and fills *audit. It takes some tenths of a second and
 * never more than `limit_s`. 0; or -errno with the reason in error[size], which is in audit->why as
 * well: then the audit is AUDIT_UNKNOWN and has what was found until then. -EPERM: there is no
 * right to trace. forklab's main thread only; leaves no process behind.
 */
int audit_allocator(const struct catalogue_allocator *allocator, double limit_s,
	struct audit *audit, char *error, size_t size);

/* From what was seen to the conclusion. Pure. */
void audit_conclude(struct audit *audit);

/* True when `registration` is one of the allocator's, and not the application's. Pure. */
static inline bool audit_is_allocators(const struct audit_registration *registration)
{
	return !registration->own;
}

/* "__register_atfork", ...; "prepare", ...; "released", ... */
const char *audit_entry_point_name(enum audit_entry_point entry_point);
const char *atfork_phase_name(enum atfork_phase phase);
const char *audit_lock_state_name(enum audit_lock_state fate);

/* "none", "empty", "locks-releases", ...: the kind for a program to read. */
const char *audit_kind_name(enum audit_kind kind);

#endif
