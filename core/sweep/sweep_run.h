/* A sweep under way: what its parts share. For the files of this directory only. */
#ifndef FORKLAB_SWEEP_RUN_H
#define FORKLAB_SWEEP_RUN_H

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
	unsigned running_max;           /* children at a time */
	uint32_t points;                /* so far */
	struct inflight_child *waiting; /* its fork waits for the worker; NULL: none does */
	struct inflight_child
		*deferred; /* left out, unless it turns out to be the last of its run */
	uint64_t begin_ns, blocked_ns;
	bool over;    /* nothing more can or need be tried */
	bool damaged; /* the page was overwritten: the runner is not believed any more */
	bool ended;   /* the worker came to the end of its sequence */
};

/* ---- prepare.c ---- */

/*
 * Starts runner and stepper up to the first instruction of the sequence. False: cell->verdict and
 * cell->why say why not.
 */
bool sweep_run_begin(struct sweep_run *c);

/* ---- points.c ---- */

/*
 * The process under test may scribble on all of the page: then it says nothing any more, and the
 * sweep is over and broken. True from the moment on in which that is seen.
 */
bool sweep_run_shm_damaged(struct sweep_run *c);

/* What the worker's step has brought about. */
void sweep_run_event(struct sweep_run *c, enum stepper_event event);

/* Waits until no more than `most` children are in the air. */
void sweep_run_wait(struct sweep_run *c, unsigned most);

/* The sweep cannot go on: counted as `broken`. */
void sweep_run_broken(struct sweep_run *c, const char *why);

/* True when neither the worker nor the forking thread can ever go on: counted, and the end. */
bool sweep_run_prove_stuck(struct sweep_run *c);

/* The runner has ended on its own. */
void sweep_run_runner_exited(struct sweep_run *c, int status);

#endif
