/*
 * The trials of a sweep that are under way, and their results. Several children may be in the air
 * while the worker is stepped on; their results are passed on in the order of the fork points.
 */
#ifndef FORKLAB_INFLIGHT_H
#define FORKLAB_INFLIGHT_H

#include "livelock.h"
#include "livelock_cache.h"
#include "model.h"
#include "point_result.h"
#include "runner_process.h"
#include "stress.h"
#include "symbols.h"
#include "tally.h"
#include "windows.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	FLIGHTS_MAX = 64,    /* fork points whose results are not passed on yet */
	FLIGHTS_HELD_MAX = 8 /* names of held locks */
};

enum flight_state {
	FLIGHT_GROUNDED, /* at a fork point, nothing forked yet */
	FLIGHT_AIRBORNE,
	FLIGHT_LANDED, /* its outcome is known */
};

/* One fork point and what becomes of it. */
struct flight {
	enum flight_state state;
	struct point_result result;
	uint64_t pc; /* of the instruction that made the point */
	char call[MODEL_NAME_MAX];
	/* The published locks that are held, for the list of points. */
	char held[FLIGHTS_HELD_MAX][PAGE_NAME_MAX];
	unsigned held_count;
	bool wanted; /* its child does its work; otherwise only the fork counts */
	struct finding finding;
	enum certainty certainty;

	/* In the air. */
	uint32_t place; /* of the trial in the page's ring */
	pid_t copy;     /* the process that forks, if it is a throw-away copy; 0: the runner */
	bool copy_ended;
	uint64_t progress, since_ns, look_ns;
	unsigned looks;
	bool stuck; /* `finding` says why, and forklab killed it */
	struct livelock_track track;
};

/* What must be the same when a point is tried again. */
struct sighting {
	bool seen;
	uint64_t instruction, pc;
	enum point_outcome outcome;
	enum verdict verdict;
	char step[MODEL_NAME_MAX];
};

struct flights {
	const struct cell_plan *plan;
	struct spawned *runner;
	struct cell *cell;
	struct tally *tally;
	struct symbols *symbols; /* NULL: addresses stay numbers */
	struct windows windows;
	struct precedents precedents;
	uint64_t places;      /* bit set of the ring's places in use */
	uint64_t first, next; /* serial numbers: those between are in ring[] */
	unsigned airborne;
	uint64_t polled_ns;     /* CLOCK_MONOTONIC of the last flights_poll() */
	struct sighting wanted; /* of the plan's one point */
	bool enough;            /* by the hooks: no further point is wanted */
	int error;              /* the first one of passing results on */
	struct flight ring[FLIGHTS_MAX];
};

/* Room for one more fork point? If not, flights_poll() until there is. */
bool flights_full(const struct flights *flights);

/* A new fork point, grounded. */
struct flight *flights_add(struct flights *flights);

/* Prepares a trial for it in the page. */
void flights_board(struct flights *flights, struct flight *flight);

/* Its fork was made, or its copy runs. */
void flights_take_off(struct flights *flights, struct flight *flight, pid_t copy);

/*
 * `to` takes over the trial that was prepared for `from`, which is grounded. With hooks it is then
 * wanted as well: they want to know how the fork went on.
 */
void flights_hand_over(struct flights *flights, struct flight *from, struct flight *to);

/* Its outcome is known without a child. */
void flights_ground(struct flights *flights, struct flight *flight, enum point_outcome outcome);

/*
 * The flight of the plan's one point, if it is in the air: on the ground again, to be given a
 * verdict from elsewhere. NULL: there is none.
 */
struct flight *flights_recall_wanted(struct flights *flights);

/* A verdict from elsewhere: on the runner as a whole. */
void flights_land(struct flights *flights, struct flight *flight, enum verdict verdict,
	const struct finding *finding);

/* The runner has died, and its children with it: of those in the air nobody will know more. */
void flights_abandon(struct flights *flights);

/* One look at all that is in the air: judges what is over, proves what hangs, passes on results. */
void flights_poll(struct flights *flights);

#endif
