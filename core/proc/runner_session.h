/*
 * A runner from its start to its end: what stress, sweep, audit, cost and the checks before a run
 * have in common. forklab only.
 */
#pragma once

#include "link_kind.h"
#include "runner_process.h"
#include "shm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cost_plan;

struct runner_session {
	/* Set by the caller. */
	const char *program; /* path of the runner */
	struct runner_limits limits;
	struct plan plan;             /* plan.trace: with an event log behind the shared page */
	const struct cost_plan *cost; /* with the cost figures behind it; NULL: without */

	/* Set by runner_session_start(). */
	struct runner_process runner;
	uint64_t begin_ns; /* watched_ns(); 0: never started */
};

/*
 * Maps the shared page, copies the plan into it and starts the runner. 0 or -errno as from
 * runner_process_start(). In any case runner_session_end() releases everything; afterwards the
 * session can be started again.
 */
int runner_session_start(struct runner_session *session);

/*
 * Starts the runner and waits for it as runner_session_wait() does. 0 when it came to its end and
 * exited with status 0; else -errno of either, or -EPROTO with the wait status in *status.
 */
int runner_session_run(
	struct runner_session *session, uint64_t timeout_ms, bool interruptible, int *status);

/* "the runner cannot be started: ...", for an error of runner_session_start(). */
char *runner_session_start_error(int error, char *text, size_t size);

/*
 * Waits for the runner to exit. 0 and its wait status in *status, -ETIMEDOUT, or, if
 * `interruptible`, -EINTR when the user has interrupted forklab.
 */
int runner_session_wait(
	struct runner_session *session, uint64_t timeout_ms, bool interruptible, int *status);

/* True when a runner needs longer to its first trial or fork point than any sound one does. */
bool runner_session_start_timed_out(const struct runner_session *session);

/* Kills the runner and all its descendants and releases what belongs to it. Can be called twice. */
void runner_session_end(struct runner_session *session);

/* ---- What the runner says of itself: sanitized copies out of the shared page ---- */

/* Version and link of its allocator. False, and nothing is written, before it has proved which. */
bool runner_session_identity(
	const struct runner_session *session, char *version, size_t size, enum link_kind *link);

/* True when another malloc than the expected one answered; `text` says which. */
bool runner_session_is_mismatch(const struct runner_session *session, char *text, size_t size);

/* True when the scenario does not apply to this runner; `why` says why. */
bool runner_session_is_unavailable(const struct runner_session *session, char *why, size_t size);
