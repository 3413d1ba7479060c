/*
 * The trials of a sweep that are under way, and their results. Several children may be in the air
 * while the worker is stepped on; their results are passed on in the order of the fork points.
 */
#ifndef FORKLAB_INFLIGHT_H
#define FORKLAB_INFLIGHT_H

#include "cell_plan.h"
#include "livelock.h"
#include "livelock_cache.h"
#include "model.h"
#include "point_result.h"
#include "runner_process.h"
#include "symbols.h"
#include "tally.h"
#include "windows.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	INFLIGHT_MAX = 64,     /* fork points whose results are not passed on yet */
	INFLIGHT_LOCKS_MAX = 8 /* names of held locks */
};

enum inflight_state {
	INFLIGHT_PENDING, /* at a fork point, nothing forked yet */
	INFLIGHT_RUNNING,
	INFLIGHT_DONE, /* its outcome is known */
};

/* One fork point and what becomes of it. */
struct inflight_child {
	enum inflight_state state;
	struct point_result result;
	uint64_t pc; /* of the instruction that made the point */
	char call[MODEL_NAME_MAX];
	/* The published locks that are held, for the list of points. */
	char held[INFLIGHT_LOCKS_MAX][SHM_NAME_MAX];
	unsigned held_count;
	bool wanted; /* its child does its work; otherwise only the fork counts */
	struct finding finding;
	enum certainty certainty;

	/* In the air. */
	uint32_t slot; /* of the trial in the page's ring */
	pid_t twin;    /* the process that forks, if it is a throw-away copy; 0: the runner */
	bool copy_ended;
	uint64_t progress, progress_ns, recheck_ns;
	unsigned rechecks;
	bool stuck; /* `finding` says why, and forklab killed it */
	struct livelock_history history;
};

/* What must be the same when a point is tried again. */
struct point_signature {
	bool seen;
	uint64_t instruction, pc;
	enum point_outcome outcome;
	enum verdict verdict;
	char step[MODEL_NAME_MAX];
};

struct inflight {
	const struct cell_plan *plan;
	struct runner_process *runner;
	struct cell *cell;
	struct tally *tally;
	struct symbols *symbols; /* NULL: addresses stay numbers */
	struct windows windows;
	struct livelock_cache livelock_cache;
	uint64_t slots;       /* bit set of the ring's places in use */
	uint64_t first, next; /* serial numbers: those between are in ring[] */
	unsigned running;
	uint64_t polled_ns;            /* CLOCK_MONOTONIC of the last inflight_poll() */
	struct point_signature wanted; /* of the plan's one point */
	bool stop_requested;           /* by the hooks: no further point is wanted */
	int error;                     /* the first one of passing results on */
	struct inflight_child ring[INFLIGHT_MAX];
};

/* Room for one more fork point? If not, inflight_poll() until there is. */
bool inflight_full(const struct inflight *inflight);

/* A new fork point, grounded. */
struct inflight_child *inflight_add(struct inflight *inflight);

/* Prepares a trial for it in the page. */
void inflight_prepare_trial(struct inflight *inflight, struct inflight_child *entry);

/* Its fork was made, or its copy runs. */
void inflight_start(struct inflight *inflight, struct inflight_child *entry, pid_t twin);

/*
 * `to` takes over the trial that was prepared for `from`, which is grounded. With hooks it is then
 * wanted as well: they want to know how the fork went on.
 */
void inflight_hand_over(
	struct inflight *inflight, struct inflight_child *from, struct inflight_child *to);

/* Its outcome is known without a child. */
void inflight_set_outcome(
	struct inflight *inflight, struct inflight_child *entry, enum point_outcome outcome);

/*
 * The flight of the plan's one point, if it is in the air: on the ground again, to be given a
 * verdict from elsewhere. NULL: there is none.
 */
struct inflight_child *inflight_requeue_wanted(struct inflight *inflight);

/* A verdict from elsewhere: on the runner as a whole. */
void inflight_set_verdict(struct inflight *inflight, struct inflight_child *entry,
	enum verdict verdict, const struct finding *finding);

/* The runner has died, and its children with it: of those in the air nobody will know more. */
void inflight_abandon(struct inflight *inflight);

/* One look at all that is in the air: judges what is over, proves what hangs, passes on results. */
void inflight_poll(struct inflight *inflight);

#endif
