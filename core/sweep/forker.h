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
	FORKER_DONE,       /* it has answered, and is at rest */
	FORKER_BLOCKED,    /* it cannot go on before the worker does */
	FORKER_EXITED,     /* its process has ended */
	FORKER_TIMEOUT,    /* neither of all that before the deadline */
	FORKER_INTERRUPTED /* an interrupt of forklab's */
};

struct sweep_hooks;

struct forker {
	const struct sweep_hooks *hooks; /* NULL: none */
	struct runner_process *runner;
	pid_t stepped; /* the runner's traced thread */
	uint64_t deadline_ns;
	uint32_t requests; /* made so far */
	int status;        /* FORKER_EXITED: the runner's wait status */

	/* What it waits for after FORKER_BLOCKED. */
	bool needs_wake;   /* an untimed futex: it sleeps until the worker makes a system call */
	uint64_t futex;    /* the word it looks at again and again; 0: unknown */
	uint32_t expected; /* as long as that is its value */
};

/* Makes a request and waits for what becomes of it. `place` as in struct shm_sweep. */
enum forker_state forker_request(struct forker *forker, enum sweep_request what, uint32_t place);

/*
 * After FORKER_BLOCKED: the worker has made a step. Looks again if that can have changed anything;
 * `syscall` says whether the step was a system call.
 */
enum forker_state forker_recheck(struct forker *forker, bool syscall);

/* runner_process_has_ended() while a thread of the runner is traced. */
bool forker_runner_ended(struct forker *forker, int *status);

/* True when the last request is answered. */
bool forker_is_idle(const struct forker *forker);

#endif
