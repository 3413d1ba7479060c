/* A sweep in progress: the state that its parts share. For the files of this directory only. */
#pragma once

#include "cell_plan.h"
#include "forker.h"
#include "inflight.h"
#include "runner_session.h"
#include "stepper.h"
#include "tally.h"

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

struct sweep_run {
	const struct cell_plan *plan;
	struct cell *cell;
	cell_progress *progress;
	void *context;

	struct tally tally;
	struct runner_session session;
	struct stepper stepper;
	struct forker forker;
	struct inflight inflight;
	cpu_set_t cpus;                 /* for the forking thread and the children */
	unsigned running_max;           /* at a time */
	uint32_t points;                /* so far */
	struct inflight_child *waiting; /* its fork waits for the worker; NULL: none does */
	struct inflight_child
		*deferred; /* left out, unless it turns out to be the last of its run */
	uint64_t begin_ns, blocked_ns;
	bool over;    /* nothing more can or need be tried */
	bool damaged; /* the shared page was overwritten: the runner is not believed any more */
	bool ended;   /* the worker finished its sequence */
};

/* ---- sweep_begin.c ---- */

/*
 * Starts runner and stepper, up to the first instruction of the sequence. False: the cell has
 * the reason.
 */
bool sweep_run_begin(struct sweep_run *c);

/* ---- fork_point.c ---- */

/*
 * The process under test may overwrite the shared page; what it says is worthless then, and the
 * sweep is over and broken. True once that was seen.
 */
bool sweep_run_shm_damaged(struct sweep_run *c);

/* Handles an event of the stepper. */
void sweep_run_event(struct sweep_run *c, enum stepper_event event);

/* Waits until at most `most` children are running. */
void sweep_run_wait(struct sweep_run *c, unsigned most);

/* The sweep cannot go on: counts a `broken` trial and ends it; error is an errno, or 0. */
void sweep_run_broken(struct sweep_run *c, enum finding_cause cause, int error);

/* True when neither worker nor forking thread can ever go on: counts that and ends the sweep. */
bool sweep_run_prove_stuck(struct sweep_run *c);

/* The runner has exited by itself. */
void sweep_run_runner_exited(struct sweep_run *c, int status);
