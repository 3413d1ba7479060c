/*
 * One fork point, replayed and observed: numbers, addresses and snapshots, from which explanation.h
 * makes text. A sweep is the same every time, so a pass can look for what an earlier pass found:
 * which word is the lock, and which store took it.
 */
#pragma once

#include "address_info.h"
#include "cell_plan.h"
#include "crash_tracer.h"
#include "deadlock.h"
#include "model.h"
#include "snapshot.h"
#include "sweep_hooks.h"

#include <stdbool.h>
#include <stdint.h>

struct symbols;

enum {
	REPLAY_THREADS_MAX = 4, /* of a stuck process */
	REPLAY_WAITS_MAX = 8,   /* locks that forks waited for */
};

/* A store of the stepped thread to the lock. */
struct replay_store {
	bool seen;
	uint64_t instruction; /* counted from the start of the sequence, that one included */
	uint32_t before, after;
	struct snapshot at; /* right before the store */
};

/* The first fork that waited for that word. */
struct replay_wait {
	struct sweep_wait wait;
	char lock_name[SHM_NAME_MAX]; /* as published, or "" */
	struct address_info object;   /* what the word is */
	struct proc_task task;
	struct snapshot at; /* of the forking thread */
};

/* A thread of the stuck process. */
struct replay_thread {
	struct proc_task task;
	struct snapshot at;
};

struct replay {
	/* What to replay. */
	const struct cell_plan *plan;
	uint32_t point;    /* 0: up to the first bad one */
	uint64_t lock;     /* 0: unknown, not watched */
	bool trace_to_end; /* what is forked there is known to die: it is traced to its end */

	/* The point. */
	bool arrived;
	pid_t runner, worker_tid, main_tid;
	uint64_t instruction;
	uint64_t pc; /* of the instruction that made the point */
	uint64_t
		call_instruction; /* when the activity record last changed: a call began or ended */
	bool inside;              /* a call is in progress: */
	char call[MODEL_NAME_MAX]; /* "malloc(24)", else the last one, or "" */
	struct snapshot worker;
	struct symbols *symbols; /* of the runner, valid after its end; NULL: none */

	/* The lock, if known, as the fork found it in the parent. */
	struct address_info object;
	char lock_name[SHM_NAME_MAX]; /* as it was published, or "" */
	bool lock_of_application;
	uint32_t word;
	pid_t owner_tid; /* 0: unknown */
	struct thread_role owner;
	struct replay_store taken; /* the last one before the point, unless it was released since */
	struct replay_store released; /* the first one after the point */

	/* The forks, up to this point. */
	bool by_signal; /* forks are made in a signal handler of the stepped thread */
	unsigned waits; /* one per lock, in order */
	struct replay_wait wait[REPLAY_WAITS_MAX];
	bool waited;                /* the fork at this point did: */
	struct replay_wait waiting; /* valid then */

	/* The outcome. */
	bool judged;               /* a result came for the point, perhaps only at a later point: */
	uint32_t last_point;       /* that point */
	uint64_t last_instruction; /* after so many instructions */
	bool left_out, signal_blocked; /* no fork was tried there; the signal is blocked there */
	enum verdict verdict;
	struct finding finding; /* for a bad verdict */
	bool stuck;             /* it was seen alive: */
	pid_t stuck_pid;
	uint32_t stuck_word; /* the lock's value there */
	struct crash_tracer crash_tracer;
	unsigned threads; /* the first one is that of the finding */
	struct replay_thread thread[REPLAY_THREADS_MAX];

	struct cell cell;
};

/*
 * Replays the plan's cell up to replay->point, once. The caller sets replay->plan, point, lock and
 * trace_to_end, all else zero. Failures are in replay->cell.why, `arrived` and `judged`. Release
 * with replay_free().
 */
void replay_run(struct replay *replay, cell_progress *progress, void *context);
void replay_free(struct replay *replay);
