/*
 * The forking thread: the runner's main thread, which is not traced. It forks when asked to. When
 * its fork waits for a lock that the stopped worker holds, that is found out here, exactly: it
 * depends on what the thread waits for, never on how long it takes.
 */
#ifndef FORKLAB_FORKER_H
#define FORKLAB_FORKER_H

#include "runner_process.h"
#include "shm.h"

#include <stdbool.h>
#include <stdint.h>

enum forker_state {
	FORKER_DONE,      /* it has answered, and is at rest */
	FORKER_WAITS,     /* it cannot go on before the worker does */
	FORKER_GONE,      /* its process has ended */
	FORKER_OVERDUE,   /* neither of all that before the deadline */
	FORKER_CALLED_OFF /* an interrupt of forklab's */
};

struct sweep_hooks;

struct forker {
	const struct sweep_hooks *hooks; /* NULL: none */
	struct spawned *runner;
	pid_t stepped; /* the runner's traced thread */
	uint64_t deadline_ns;
	uint32_t requests; /* made so far */
	int status;        /* FORKER_GONE: the runner's wait status */

	/* What it waits for after FORKER_WAITS. */
	bool needs_wake;   /* an untimed futex: it sleeps until the worker makes a system call */
	uint64_t futex;    /* the word it looks at again and again; 0: unknown */
	uint32_t expected; /* as long as that is its value */
};

/* Makes a request and waits for what becomes of it. `place` as in struct sweep_line. */
enum forker_state forker_ask(struct forker *forker, enum sweep_request what, uint32_t place);

/*
 * After FORKER_WAITS: the worker has made a step. Looks again if that can have changed anything;
 * `syscall` says whether the step was a system call.
 */
enum forker_state forker_look(struct forker *forker, bool syscall);

/* spawn_ended() while a thread of the runner is traced. */
bool forker_runner_ended(struct forker *forker, int *status);

/* True when the last request is answered. */
bool forker_at_rest(const struct forker *forker);

#endif
