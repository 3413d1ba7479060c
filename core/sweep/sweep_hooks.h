/*
 * For those who want to know more of one fork point than its verdict: what they are told while the
 * sweep is under way. All are called by the sweep, in forklab's one thread; a function that is NULL
 * is not called. Nothing that they look at may be changed or let run on by them, but a thread that
 * is not traced may be stopped for a moment.
 */
#ifndef FORKLAB_SWEEP_HOOKS_H
#define FORKLAB_SWEEP_HOOKS_H

#include "evidence.h"
#include "model.h"
#include "point_result.h"
#include "stepper.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A fork that waits for the stepped thread. */
struct sweep_wait {
	uint32_t point; /* the fork point that it waits at now */
	uint64_t instruction;
	pid_t pid, tid; /* of the runner, and of its thread that forks */
	const struct shm *shm;
	uint64_t futex; /* the word that it waits for; 0: unknown */
};

struct sweep_hooks {
	void *context;

	/* The word of 32 bits that `stored` is about; 0: none. */
	uint64_t word;

	/* As struct stepper_watchpoint has it, also behind the plan's one point. */
	void (*stored)(void *context, pid_t tid, const struct watchpoint_hit *change);

	/* The stepped thread stands at the plan's one point; nothing is forked there yet. */
	void (*arrived)(void *context, const struct stepper *stepper, const struct shm *shm);

	/* A fork waits, of whatever point: again at each point that it goes on to wait at. */
	void (*waits)(void *context, const struct sweep_wait *wait);

	/*
	 * A process that belongs to a wanted point is stuck, as `finding` says, and will be killed
	 * when this returns. It is not traced. When it is the runner itself, the stepped thread is
	 * not traced any more either.
	 */
	void (*stuck)(void *context, const struct suspect *suspect, const struct finding *finding);

	/*
	 * For those who trace what is forked at the plan's one point. The thread of the runner that
	 * forks is about to be asked for it;
	 */
	void (*forking)(void *context, pid_t tid);

	/*
	 * a throw-away copy is stopped, as forklab's tracee, and is about to be let run. True: the
	 * hook has let it run, and goes on to trace it.
	 */
	bool (*take_twin)(void *context, pid_t twin);

	/*
	 * Called every now and then: whether the hook traces that process or thread still, which
	 * must not be waited for then.
	 */
	bool (*traces)(void *context, pid_t tid);

	/*
	 * What became of a wanted point, in the order of the points. True: no further point is
	 * wanted, the sweep ends.
	 */
	bool (*judged)(void *context, const struct point_result *result);
};

#endif
