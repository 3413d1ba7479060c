/*
 * The explanation of one fork point, as data: which thread held which lock and where it was taken,
 * how it was forked and which handlers ran, where the child waits and why forever. report/ composes
 * the sentences, and what would have prevented it. It refers to no live process. Texts are
 * printable ASCII.
 */
#pragma once

#include "address_info.h"
#include "audit.h"
#include "model.h"
#include "proc.h"
#include "shm.h"
#include "stack.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct replay;

enum {
	EXPLANATION_THREADS_MAX = 4,
	EXPLANATION_HANDLERS_MAX = 24,
	EXPLANATION_LOCKS_MAX = 8,
};

/* The outcome of the fork. */
enum explanation_outcome {
	OUTCOME_OK,           /* the child did all its work */
	OUTCOME_WAITED,       /* likewise, after fork() had waited for the worker */
	OUTCOME_STUCK,        /* the child is stuck */
	OUTCOME_PARENT_STUCK, /* the process that called fork() is stuck */
	OUTCOME_DIED,         /* crash, corruption, refused */
	OUTCOME_UNTRIED,      /* no fork was tried there */
	OUTCOME_NO_POINT      /* there is no such point: SEARCH_FAILED */
};

/* How the point was found. */
enum explanation_search {
	SEARCH_NONE,       /* it was given */
	SEARCH_FIRST_BAD,  /* of the sweep */
	SEARCH_FIRST_WAIT, /* no point is bad: the first one at which fork() waited */
	SEARCH_FAILED,     /* no point is bad, and fork() waited at none */
};

/* A store of the worker that changed the lock word. */
struct explanation_store {
	bool known;
	uint64_t instructions; /* executed between it and the fork point */
	uint32_t before, after;
	struct stack stack; /* right before the store */
};

struct explanation_lock {
	bool known;
	uint64_t address;
	char name[MODEL_NAME_MAX * 4]; /* the published name, the variable, or the location */
	char published[SHM_NAME_MAX];  /* "" when it is not published */
	struct address_info object;
	bool of_application;
	enum lock_origin origin; /* as the stuck process shows it; the next three belong to it: */
	bool by_allocator;
	enum wait_object waits_for;
	char taker[MODEL_NAME_MAX];
	uint32_t at_fork; /* the word's value in the parent, right before the fork */
	bool seen_stuck;  /* the next two are valid; in the stuck process: */
	uint32_t when_stuck;
	pid_t owner_tid; /* that its owner word names; 0: unknown */
	struct thread_role owner;
	struct explanation_store taken, released;
};

/* A lock that a handler takes. */
struct explanation_handler_lock {
	uint64_t address; /* 0: unknown */
	char name[MODEL_NAME_MAX * 4];
	uint32_t point; /* at which fork() was seen to wait for it; 0: seen otherwise */
};

/* What a handler does with its locks. */
enum handler_action {
	HANDLER_LOCKS,
	HANDLER_RELEASES,
	HANDLER_REINITS,
	HANDLER_RESTORES, /* some of them are released, some re-initialised */
	HANDLER_NO_ACTION
};

/* A handler that ran before or after the clone, as far as observed. */
struct explanation_handler {
	enum atfork_phase phase;
	bool of_libc;                  /* what fork() itself does, not a handler */
	char name[STACK_NAME_MAX * 2]; /* function, module, source */
	enum handler_action action;
	unsigned locks, more_locks; /* in the list; beyond it */
	struct explanation_handler_lock lock[EXPLANATION_LOCKS_MAX];
};

struct explanation_fork {
	bool in_handler; /* by the worker itself, in a signal handler; else by the main thread */
	/*
	 * True: the list has every handler of the allocator; false: those that were seen to wait.
	 */
	bool all_known;
	struct audit_summary audit; /* what they do; if all are known */
	size_t handlers;
	struct explanation_handler handler[EXPLANATION_HANDLERS_MAX];
	bool waited;                  /* fork() waited at this point: */
	uint64_t waited_instructions; /* of the worker, until fork() returned */
	uint32_t through_point;       /* the point at which it returned */
	struct proc_task task;        /* of the forking thread while it waited */
	struct stack stack;           /* likewise; no frames: unknown */
};

enum explanation_role {
	ROLE_CHILD,
	ROLE_CHILD_THREAD, /* that the child has started */
	ROLE_WORKER,
	ROLE_MAIN,   /* the main thread of the worker's process */
	ROLE_PARENT, /* the process that forks */
};

struct explanation_thread {
	enum explanation_role role;
	pid_t tid;
	bool dying; /* it gets this signal, or with 0 ends itself; else it is stuck: */
	int signal;
	struct proc_task task;
	struct stack stack;
};

struct explanation {
	char allocator[MODEL_NAME_MAX], version[MODEL_NAME_MAX], scenario[MODEL_NAME_MAX];
	enum fork_method method;
	enum explanation_outcome outcome;
	enum verdict verdict;
	uint32_t point;
	uint64_t instruction;
	bool point_given; /* the point was given; otherwise it is the first one of its kind */
	enum explanation_search search;
	uint32_t searched; /* fork points of the sweep that was searched */

	struct {
		pid_t tid;
		bool inside;               /* a call is in progress: */
		char call[MODEL_NAME_MAX]; /* that call, else the last one, or "" */
		uint64_t into;             /* instructions since it began, or ended */
		struct stack stack;
	} worker;
	struct explanation_lock lock;
	struct explanation_fork fork;

	bool has_finding; /* the verdict is bad: */
	struct finding finding;
	unsigned threads; /* of the stuck process */
	struct explanation_thread thread[EXPLANATION_THREADS_MAX];

	char command[MODEL_COMMAND_MAX]; /* the command that explains this point again */

	/* Where there is no explanation: the cell of the failed sweep, without its windows. */
	struct cell failed;
};

/*
 * Fills in the explanation of a replayed point; *explanation must be all zero but for
 * `point_given`, `search` and `searched`. For a replay without a point it is OUTCOME_NO_POINT with
 * the names of the cell only. `audit` is that of the cell's allocator, or NULL.
 */
void explanation_make(
	struct explanation *explanation, const struct replay *replay, const struct audit *audit);

/*
 * The name of a variable or address: "teach_chunks", "main_arena+0x0", "libjemalloc.so.2+0x2ec9c0",
 * "0x7ffff7403ae8".
 */
void explanation_object_name(char *text, size_t size, const struct address_info *object);

/* "main_arena+0x8, a lock and 3 more": the locks of a handler. */
void explanation_lock_names(const struct explanation_handler *handler, char *text, size_t size);

/* "fine", "waited", "stuck", ... */
const char *explanation_outcome_name(enum explanation_outcome outcome);
