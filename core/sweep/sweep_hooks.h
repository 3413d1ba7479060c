/*
 * Callbacks for those that need more of a fork point than its verdict. The sweep calls them from
 * forklab's one thread; NULL is not called. A hook must not change or resume a traced thread; it
 * may stop an untraced one for a moment.
 */
#pragma once

#include "evidence.h"
#include "model.h"
#include "point_result.h"
#include "stepper.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A fork that waits for the stepped thread. */
struct sweep_wait {
	uint32_t point; /* that it waits at now */
	uint64_t instruction;
	pid_t pid, tid; /* of the runner and of its forking thread */
	const struct shm *shm;
	uint64_t futex; /* the word that it waits for; 0: unknown */
};

struct sweep_hooks {
	void *context;

	/* The word of 32 bits that `stored` is called for; 0: none. */
	uint64_t word;

	/* As in struct stepper_watchpoint; also called after the plan's one point. */
	void (*stored)(void *context, pid_t tid, const struct watchpoint_hit *change);

	/* The stepped thread is at the plan's one point; nothing is forked there yet. */
	void (*arrived)(void *context, const struct stepper *stepper, const struct shm *shm);

	/*
	 * A fork waits, at any point: called again at each further point at which it still waits.
	 */
	void (*waits)(void *context, const struct sweep_wait *wait);

	/*
	 * A process of a wanted point is stuck, as described by `finding`; it is killed when this
	 * returns. It is not traced. If it is the runner itself, the stepped thread is not traced
	 * any more either.
	 */
	void (*stuck)(void *context, const struct suspect *suspect, const struct finding *finding);

	/*
	 * To trace what is forked at the plan's one point: the runner's forking thread is about to
	 * get the request.
	 */
	void (*forking)(void *context, pid_t tid);

	/*
	 * A twin is stopped, as a tracee of forklab, before its first instruction. True: the hook
	 * has resumed it and keeps tracing it.
	 */
	bool (*take_twin)(void *context, pid_t twin);

	/*
	 * Called periodically: whether the hook still traces that process or thread. The sweep must
	 * not wait for it then.
	 */
	bool (*traces)(void *context, pid_t tid);

	/*
	 * The result of a wanted point, in the order of the points. True: no further point is
	 * wanted and the sweep ends.
	 */
	bool (*judged)(void *context, const struct point_result *result);
};
