/*
 * The in-flight children of a sweep, and their results. Several children may run while the worker
 * is stepped on; their results are passed on in the order of the fork points.
 */
#pragma once

#include "attribution.h"
#include "cell_plan.h"
#include "livelock.h"
#include "model.h"
#include "point_result.h"
#include "runner_process.h"
#include "stopped.h"
#include "stuck_cache.h"
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

/* One fork point and its child. */
struct inflight_child {
	enum inflight_state state;
	struct point_result result;
	uint64_t pc; /* of the instruction that made the point */
	/* The published locks that are held, for the list of points. */
	char held[INFLIGHT_LOCKS_MAX][SHM_NAME_MAX];
	unsigned held_count;
	bool wanted; /* its child does its work; otherwise only the fork matters */
	struct finding finding;

	/* While running. */
	uint32_t slot; /* of its trial in the ring of the shared page */
	pid_t twin;    /* the process that forks, if it is a twin; 0: the runner */
	uint64_t progress, progress_ns, recheck_ns;
	unsigned rechecks;
	bool stuck; /* see `finding`: forklab killed it */
	struct livelock_history history;
	struct stop_record stop;
};

struct inflight {
	const struct cell_plan *plan;
	struct runner_process *runner;
	struct cell *cell;
	struct tally *tally;
	struct symbols *symbols; /* NULL: addresses stay numbers */
	struct attribution attribution;
	struct windows windows;
	struct stuck_cache stuck_cache;
	uint64_t slots;       /* bit set: slots in use */
	uint64_t first, next; /* serial numbers; those from first to next-1 are in ring[] */
	unsigned running;
	uint64_t until_ns;           /* CLOCK_MONOTONIC after which none is examined; 0: never */
	uint64_t polled_ns;          /* CLOCK_MONOTONIC of the last inflight_poll() */
	struct stop_patience patience;
	struct point_attempt wanted; /* of the plan's one point */
	bool stop_requested;         /* no further point is wanted: a hook, or the memory limit */
	unsigned over_memory;        /* children that exceeded the memory limit */
	int error;                   /* the first one while results were passed on */
	struct inflight_child ring[INFLIGHT_MAX];
};

/* Room for one more fork point? If not, inflight_poll() until there is. */
bool inflight_full(const struct inflight *f);

/* A new fork point, INFLIGHT_PENDING. */
struct inflight_child *inflight_add(struct inflight *f);

/* Prepares a trial for it in the shared page. */
void inflight_prepare_trial(struct inflight *f, struct inflight_child *entry);

/* The child is forked, or the twin runs. */
void inflight_start(struct inflight *f, struct inflight_child *entry, pid_t twin);

/*
 * `to` takes over the trial that was prepared for `from`, which is pending. With hooks `to` becomes
 * wanted as well, so that they see how the fork goes on.
 */
void inflight_hand_over(struct inflight *f, struct inflight_child *from, struct inflight_child *to);

/* Its outcome is known without a child. */
void inflight_set_outcome(
	struct inflight *f, struct inflight_child *entry, enum point_outcome outcome);

/*
 * The child of the plan's one point, if it is running: made pending again, so that it can be given
 * the verdict on the runner. NULL: there is none.
 */
struct inflight_child *inflight_requeue_wanted(struct inflight *f);

/* Gives a pending child a verdict on the runner as a whole. */
void inflight_set_verdict(struct inflight *f, struct inflight_child *entry, enum verdict verdict,
	const struct finding *finding);

/* Fills in the command that tries that fork point again; 0: that repeats the whole sweep. */
void inflight_command(const struct inflight *f, uint32_t point, struct finding *finding);

/* The runner has died, and its children with it: running ones are dropped without a verdict. */
void inflight_abandon(struct inflight *f);

/*
 * The budget is exhausted: gives up the running children. One that has made no progress for a while
 * gets its verdict, with what is known of it; the others are dropped.
 */
void inflight_give_up(struct inflight *f);

/* Checks all running children: judges those that ended, proves those that hang. */
void inflight_poll(struct inflight *f);
