/*
 * Watches a running trial. The shared page shows whether there is progress. When there is none, the
 * watchdog examines the process that should make some, and reports it as soon as it is proven
 * stuck. No timeout is needed for that; the deadline only leads to "unknown".
 */
#pragma once

#include "attribution.h"
#include "livelock.h"
#include "model.h"
#include "runner_process.h"
#include "stopped.h"

#include <stdbool.h>
#include <stdint.h>

struct watchdog {
	struct runner_process *runner;
	uint64_t deadline_ns; /* without progress, not counting the time in which it was stopped */

	/* What progress is measured by; any change resets everything below. */
	uint32_t trial, state;
	uint64_t progress;

	uint64_t progress_ns;   /* CLOCK_MONOTONIC of the last change */
	uint64_t tick_ns;       /* of the last tick */
	uint64_t stopped_ns;    /* time spent stopped since then */
	struct stop_record stop;
	uint32_t pause_request; /* current request to stay out of the allocator; 0: none */
	uint32_t requests;      /* made so far */
	struct stop_patience patience;
	struct livelock_history history;
	struct attribution *attribution; /* NULL: whose locks they are is not asked */
};

/* Prepares to watch a runner that was just started. */
void watchdog_begin(struct watchdog *watchdog, struct runner_process *runner, double deadline_s);

/*
 * True while the child of the trial runs, its pid in *child, which is 0 when there is none. After
 * its end the trial waits for the parent, which may do other work before it reaps the child.
 */
bool watchdog_child_alive(const struct watchdog *watchdog, const struct trial *trial, pid_t *child);

/*
 * Examines the running trial; to be called about every millisecond. True when it is stuck: then
 * *finding is complete but for its command, and the caller kills the process: the runner when
 * finding->in_parent, else the child, whose pid is in *child.
 */
bool watchdog_tick(struct watchdog *watchdog, const struct trial *trial, struct finding *finding,
	pid_t *child);

/*
 * A stuck child was killed: the parent, which has to reap it, is watched from now on, and not since
 * the child's last progress.
 */
void watchdog_child_killed(struct watchdog *watchdog);

/*
 * The budget is exhausted: true when the running trial has made no progress for a while. Then
 * *finding, of verdict `unknown`, says what is known of it.
 */
bool watchdog_give_up(
	struct watchdog *watchdog, const struct trial *trial, struct finding *finding);

/*
 * Examines a process that shares its memory with no other: a child, or a throw-away copy of the
 * runner. True when it is stuck; then *finding has verdict, certainty, lock, waiter and reasons,
 * but not yet what the shared page says. `history` must be all zero after any progress.
 */
bool watchdog_check_process(
	struct livelock_history *history, const struct suspect *suspect, struct finding *finding);

/*
 * The thread of such a process that must make progress: the main thread, or the one that the main
 * thread joins, if all others are in untimed futex waits, so that no other thread changes the
 * memory. False: the process is gone.
 */
bool watchdog_active_thread(const struct suspect *suspect, struct proc_task *task);

/* The same as watchdog_check_process() for a deadlock only. */
bool watchdog_check_deadlock(const struct suspect *suspect, struct finding *finding);

/*
 * The process that does the work of `child`: itself, or the last of its descendants that the
 * trial's activity record names and /proc confirms.
 */
pid_t watchdog_last_descendant(const struct trial *trial, pid_t child);
