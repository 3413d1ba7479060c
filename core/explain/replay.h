/*
 * One fork point, gone through again with eyes open: what is known of it in numbers, addresses and
 * snapshots. story.h makes words of it. A sweep is the same every time, so what one pass has found
 * out the next one can look for: which word is the lock, and which store took it.
 */
#ifndef FORKLAB_REPLAY_H
#define FORKLAB_REPLAY_H

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
	REPLAY_WAITS_MAX = 8,   /* locks that forks have waited for */
};

/* A store of the stepped thread's to the lock. */
struct replay_store {
	bool seen;
	uint64_t instruction; /* counted from the beginning of the sequence, it included */
	uint32_t before, after;
	struct snapshot at; /* right before it */
};

/* A fork that waited, for the first time for that word. */
struct replay_wait {
	struct sweep_wait wait;
	char lock_name[SHM_NAME_MAX]; /* as published, or "" */
	struct address_info object;   /* what the word is; of unknown kind when that is unknown */
	struct proc_task task;
	struct snapshot at; /* of the forking thread */
};

/* A thread of the stuck process. */
struct replay_thread {
	struct proc_task task;
	struct snapshot at;
};

struct replay {
	/* What is to be gone through. */
	const struct cell_plan *plan;
	uint32_t point;    /* 0: up to the first bad one, whichever that is */
	uint64_t lock;     /* 0: not known, nothing is looked for */
	bool trace_to_end; /* what is forked there is known to die: it is traced until then */

	/* The point. */
	bool arrived;
	pid_t runner, worker_tid, main_tid;
	uint64_t instruction;
	uint64_t pc;               /* of the instruction that made the point */
	uint64_t call_instruction; /* when the activity record last changed: the call began, or
				      ended */
	bool inside;               /* a call is under way: */
	char call[MODEL_NAME_MAX]; /* "malloc(24)", else the last one, or "" */
	struct snapshot worker;
	struct symbols *symbols; /* of the runner; good when it is gone as well; NULL: none */

	/* The lock, when it is known: as the fork found it, in the parent. */
	struct address_info object;
	char lock_name[SHM_NAME_MAX]; /* as it was published, or "" */
	bool lock_of_application;
	uint32_t word;
	pid_t owner_tid; /* 0: unknown */
	char owner[MODEL_NAME_MAX];
	struct replay_store taken;    /* the last one before the point, unless it was given back */
	struct replay_store released; /* the next one of them, after the point */

	/* The forks, up to this point. */
	bool by_signal; /* made in a signal handler of the stepped thread's */
	unsigned waits; /* by locks, in their order */
	struct replay_wait wait[REPLAY_WAITS_MAX];
	bool waited;                /* the fork at this point did: */
	struct replay_wait waiting; /* there */

	/* What became of it. */
	bool judged;                   /* the point's fork went through, if after others: */
	uint32_t last_point;           /* at this one, */
	uint64_t last_instruction;     /* after so many instructions */
	bool left_out, signal_blocked; /* no fork was tried there; the signal is blocked there */
	enum verdict verdict;
	struct finding finding; /* of a bad one */
	bool stuck;             /* it was seen before its end: */
	pid_t stuck_pid;
	uint32_t stuck_word; /* the lock's value there */
	struct crash_tracer crash_tracer;
	unsigned threads; /* the first one is that which the finding speaks of */
	struct replay_thread thread[REPLAY_THREADS_MAX];

	struct cell cell;
};

/*
 * Goes through the plan's cell up to replay->point, once; replay->plan, point, lock and
 * trace_to_end are to be set, all else zero. Nothing of what goes wrong is hidden: see
 * replay->cell.why, and arrived and landed. Release with replay_free().
 */
void replay_run(struct replay *replay, cell_progress *progress, void *context);
void replay_free(struct replay *replay);

#endif
