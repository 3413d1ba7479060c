/*
 * Watching a trial under way. The page tells whether there is progress; when there is none, the
 * watch looks at the process that should make some, and says so as soon as it can never go on.
 * There is no timeout on the way to that; the deadline at the end only says "unknown".
 */
#ifndef FORKLAB_WATCHDOG_H
#define FORKLAB_WATCHDOG_H

#include "livelock.h"
#include "model.h"
#include "runner_process.h"

#include <stdbool.h>
#include <stdint.h>

struct watchdog {
	struct runner_process *runner;
	uint64_t deadline_ns; /* without progress, not counting the time in which it was stopped */

	/* What progress is measured by; any change starts everything below again. */
	uint32_t trial, state;
	uint64_t progress;

	uint64_t progress_ns;   /* CLOCK_MONOTONIC of the last change */
	uint64_t tick_ns;       /* of the last tick */
	uint64_t stopped_ns;    /* time spent stopped since then */
	uint32_t pause_request; /* the request under way to stay out of the allocator; 0: none */
	uint32_t requests;      /* made so far */
	struct livelock_history history;
};

/* Prepares to watch a runner just started. */
void watchdog_begin(struct watchdog *watchdog, struct runner_process *runner, double deadline_s);

/*
 * True while the child of the trial is there, its pid in *child, which is 0 when there is none.
 * Once it has ended, what the trial waits for is the parent, which may do work of its own before
 * it reaps.
 */
bool watchdog_child_alive(const struct watchdog *watchdog, const struct trial *trial, pid_t *child);

/*
 * One look at the trial that is under way, to be called every millisecond or so. Returns true when
 * it is stuck: then *finding holds verdict and evidence, and the caller kills finding's process:
 * the runner when finding->in_parent, else the child, whose pid is in *child.
 */
bool watchdog_tick(struct watchdog *watchdog, const struct trial *trial, struct finding *finding,
	pid_t *child);

/*
 * One look at the process of a suspect that has its memory for itself: a child, or a throw-away
 * copy of the runner. True when it is stuck; then *finding has verdict, certainty, lock, waiter and
 * reasons, but nothing of the page's yet. `track` is all zero at the first look after any progress.
 */
bool watchdog_check_process(
	struct livelock_history *history, const struct suspect *suspect, struct finding *finding);

/*
 * The thread of such a process that is to go on: the main one, or the one whose end that waits for
 * while all others are asleep in futex waits without a timeout, so that nobody but it can change
 * their memory. False: there is no such process any more.
 */
bool watchdog_active_thread(const struct suspect *suspect, struct proc_task *task);

/* The same as watchdog_check_process() for a deadlock only. */
bool watchdog_check_deadlock(const struct suspect *suspect, struct finding *finding);

/*
 * The process that does the work of `child`: itself, or the last generation of those that it forked
 * in turn, as the trial's activity record says and /proc confirms.
 */
pid_t watchdog_last_descendant(const struct trial *trial, pid_t child);

/*
 * True when all threads of that process are blocked forever; then *finding has certainty, reasons,
 * and lock and waiter of thread `tid`.
 */
bool watchdog_prove_deadlock(const struct suspect *suspect, pid_t tid, struct finding *finding);

#endif
