/*
 * The forking thread: the runner's main thread, which is not traced and forks on request. Whether
 * its fork waits for a lock that the stopped worker holds is decided here, by what the thread waits
 * for and never by how long it takes.
 */
#pragma once

#include "proc.h"
#include "runner_process.h"
#include "shm.h"

#include <stdbool.h>
#include <stdint.h>

enum { FORKER_SPIN_NS = 100 * 1000 * 1000 }; /* time on a processor that a request may take */

enum forker_state {
	FORKER_DONE,       /* it has answered, and is idle */
	FORKER_BLOCKED,    /* it cannot go on until the worker does */
	FORKER_EXITED,     /* its process has ended */
	FORKER_TIMEOUT,    /* none of these before the deadline, and not for want of a processor */
	FORKER_CUT,        /* it got no processor before `until_ns` */
	FORKER_INTERRUPTED /* the user interrupted forklab */
};

struct sweep_hooks;

struct forker {
	const struct sweep_hooks *hooks; /* NULL: none */
	struct runner_process *runner;
	pid_t stepped;        /* the runner's traced thread */
	uint64_t deadline_ns; /* of a request; it does not expire while the thread is starved */
	uint64_t until_ns; /* CLOCK_MONOTONIC: a starved thread is waited for until then; 0: always
			    */
	uint32_t requests; /* made so far */
	int status;        /* FORKER_EXITED: the runner's wait status */

	/* What it waits for after FORKER_BLOCKED. */
	bool needs_wake;   /* an untimed futex wait: only a system call of the worker ends it */
	uint64_t futex;    /* the word that it polls; 0: unknown */
	uint32_t expected; /* it waits as long as the word has this value */
};

/* Makes a request and waits for its outcome. `place` is the slot in struct shm_sweep. */
enum forker_state forker_request(struct forker *forker, enum sweep_request what, uint32_t place);

/*
 * After FORKER_BLOCKED, when the worker was stepped: checks again, if that step can have changed
 * anything. `syscall`: the step was a system call.
 */
enum forker_state forker_recheck(struct forker *forker, bool syscall);

/*
 * Whether the thread, which had used `cpu_ns` when it was first seen, can run and has got no
 * processor: how long it has not answered then says nothing about it.
 */
bool forker_is_starved(const struct proc_task *task, uint64_t cpu_ns);

/* runner_process_has_ended() while a thread of the runner is traced. */
bool forker_runner_ended(struct forker *forker, int *status);

/* True when the last request is answered. */
bool forker_is_idle(const struct forker *forker);
