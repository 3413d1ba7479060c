/*
 * What the atfork handlers of an allocator are and do, found by tracing a process that uses it:
 * every registration from the first instruction on, and then one fork, instruction by instruction.
 * docs/audit.md explains how.
 */
#pragma once

#include "audit_summary.h"
#include "catalogue.h"
#include "model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	AUDIT_REGISTRATIONS_MAX = 16,
	AUDIT_LOCK_WORDS_MAX = 512,
	AUDIT_PUBLISHED_LOCKS_MAX = 32, /* locks that the allocator itself has published */
};

/* The three handlers of a registration, named by where they run in a fork. */
enum atfork_phase { ATFORK_PREPARE, ATFORK_PARENT, ATFORK_CHILD, ATFORK_PHASES };

/* The libc function through which a registration came. */
enum audit_entry_point {
	AUDIT_ENTRY_REGISTER_ATFORK, /* __register_atfork, which today's pthread_atfork calls */
	AUDIT_ENTRY_COMPAT,          /* the pthread_atfork that libc exports for old programs */
	AUDIT_ENTRY_PTHREAD_ATFORK,  /* pthread_atfork of a libc without that history */
	AUDIT_ENTRY_POINTS
};

/* How a lock word was released. */
enum audit_lock_state {
	AUDIT_LEFT_LOCKED, /* not: it still has the value that the prepare handler gave it */
	AUDIT_RELEASED,    /* an unlock: atomic, pthread_mutex_unlock(), or the same store as in the
			      parent */
	AUDIT_REINITIALISED, /* a plain store, or pthread_mutex_init() */
	AUDIT_LOCK_STATES
};

/* What was observed while one handler ran, or libc's own part of fork() on one side. */
struct audit_action {
	bool ran;
	uint32_t order;        /* rank among the handlers of its side, from 1; 0: libc's own part */
	uint64_t instructions; /* without those of the mutex calls */
	uint32_t mutex_calls;  /* calls of pthread_mutex_*() */
	uint32_t syscalls;
	uint32_t stores;  /* outside the stack, whether or not they changed anything */
	uint32_t locked;  /* ATFORK_PREPARE: lock words that it took */
	double median_ns; /* ATFORK_PREPARE: of a direct, untraced call; < 0: not measured */
};

struct audit_handler {
	uint64_t address;              /* 0: none */
	char name[MODEL_NAME_MAX * 2]; /* "prepare (forklab-run-x)", "libx.so.2+0x1230" */
	int function_length;           /* of `name`, without the module in parentheses */
	struct audit_action action;
};

struct audit_registration {
	enum audit_entry_point entry_point;
	char caller[MODEL_NAME_MAX * 2]; /* that registered: symbol and module */
	bool own;              /* the application's own, which an audit registers for comparison */
	uint32_t duplicate_of; /* an earlier one with the same handlers, from 1; 0: none */
	struct audit_handler handler[ATFORK_PHASES];
};

/* A word that was locked before the fork; or, if `reset`, only re-initialised in the child. */
struct audit_lock_word {
	uint64_t address;
	uint32_t size; /* bytes */
	int32_t taker; /* registration, from 0; -1: fork() itself */
	bool mutex;    /* of a pthread_mutex_t */
	bool reset;
	bool of_malloc; /* malloc() was seen to take it too; only looked for without handlers */
	enum audit_lock_state parent, child;
	char name[MODEL_NAME_MAX * 2]; /* "teach bins lock", "libx.so.2+0x1230", "[heap]+0x10" */
};

/* A lock that the allocator has published. */
struct audit_published_lock {
	char name[MODEL_NAME_MAX];
	bool taken, reset;
};

struct audit {
	char allocator[MODEL_NAME_MAX], version[MODEL_NAME_MAX];
	enum link_kind link;
	bool of_libc;           /* fork() itself takes a lock that malloc() was seen to take too */
	uint32_t own_locks;     /* malloc() was seen to take and release them, and nothing else */
	uint32_t registrations; /* in registration order */
	struct audit_registration registration[AUDIT_REGISTRATIONS_MAX];
	struct audit_action libc[ATFORK_PHASES]; /* of fork() itself, outside the handlers */
	uint32_t words;
	struct audit_lock_word word[AUDIT_LOCK_WORDS_MAX];
	uint32_t known;
	struct audit_published_lock known_lock[AUDIT_PUBLISHED_LOCKS_MAX];
	bool not_allowed; /* AUDIT_UNKNOWN because ptrace is refused, the architecture is not
			     supported, or the program cannot be stepped */
	bool lost;        /* more registrations or words than fit */

	struct audit_summary summary; /* audit_conclude() */
	uint32_t of_malloc;           /* of summary.locks, those that malloc() was seen to take */
	double seconds;
};

/*
 * Starts the allocator's runner, traces it, and fills *audit. Takes some tenths of a second and at
 * most `limit_s`; more on a busy machine. 0, or -errno with the reason in error[size] and
 * audit->summary.why: the audit is AUDIT_UNKNOWN then, with what was found so far. -EPERM: ptrace
 * is refused. forklab's main thread only; leaves no process behind.
 */
int audit_allocator(const struct catalogue_allocator *allocator, double limit_s,
	struct audit *audit, char *error, size_t size);

/* Draws the conclusion from the observations. Pure. */
void audit_conclude(struct audit *audit);

/* True when `registration` is the allocator's and not the application's own. Pure. */
static inline bool audit_is_allocators(const struct audit_registration *registration)
{
	return !registration->own;
}

/* "__register_atfork", ...; "prepare", ...; "released", ... */
const char *audit_entry_point_name(enum audit_entry_point entry_point);
const char *atfork_phase_name(enum atfork_phase phase);
const char *audit_lock_state_name(enum audit_lock_state fate);

/* The kind as an identifier for programs: "none", "empty", "locks-releases", ... */
const char *audit_kind_name(enum audit_kind kind);
