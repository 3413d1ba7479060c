#include "runner_session.h"

#include "ascii.h"
#include "cost_shm.h"
#include "interrupt.h"
#include "monotonic.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { START_TIMEOUT_S = 10, POLL_MS = 100 };

static int prepare(struct runner_session *session)
{
	struct runner_process *runner = &session->runner;
	int error = runner_process_prepare(runner);
	if (!error && session->plan.trace)
		error = runner_process_add_event_log(runner);
	if (!error && session->cost)
		error = runner_process_add_cost_shm(runner);
	if (error)
		return error;
	runner->shm->plan = session->plan;
	if (session->cost)
		runner->cost_shm->plan = *session->cost;
	return 0;
}

int runner_session_start(struct runner_session *session)
{
	session->begin_ns = watched_ns();
	int error = prepare(session);
	if (!error)
		error = runner_process_start(&session->runner, session->program, &session->limits);
	return error;
}

char *runner_session_start_error(int error, char *text, size_t size)
{
	snprintf(text, size, "the runner cannot be started: %s", strerror(-error));
	return text;
}

int runner_session_wait(
	struct runner_session *session, uint64_t timeout_ms, bool interruptible, int *status)
{
	struct pollfd fds[] = {
		{.fd = session->runner.pidfd, .events = POLLIN},
		{.fd = interruptible ? interrupt_fd() : -1, .events = POLLIN},
	};
	uint64_t end_ns = monotonic_ns() + timeout_ms * NS_PER_MS;
	while (!runner_process_has_ended(&session->runner, status)) {
		memory_watch_tick(&session->runner.memory);
		if (interruptible && interrupt_received())
			return -EINTR;
		uint64_t now_ns = monotonic_ns();
		if (now_ns >= end_ns)
			return -ETIMEDOUT;
		uint64_t left_ms = (end_ns - now_ns) / NS_PER_MS + 1;
		poll(fds, 2, left_ms < POLL_MS ? (int)left_ms : POLL_MS);
	}
	return 0;
}

int runner_session_run(
	struct runner_session *session, uint64_t timeout_ms, bool interruptible, int *status)
{
	int error = runner_session_start(session);
	if (!error)
		error = runner_session_wait(session, timeout_ms, interruptible, status);
	if (!error && (*status != 0 || !atomic_load(&session->runner.shm->finished)))
		error = -EPROTO;
	return error;
}

bool runner_session_start_timed_out(const struct runner_session *session)
{
	return watched_ns() - session->begin_ns > START_TIMEOUT_S * NS_PER_S;
}

void runner_session_end(struct runner_session *session)
{
	if (session->begin_ns)
		runner_process_destroy(&session->runner);
	session->begin_ns = 0;
}

bool runner_session_identity(
	const struct runner_session *session, char *version, size_t size, enum link_kind *link)
{
	char name[SHM_NAME_MAX];
	const struct shm *shm = session->runner.shm;
	if (!shm || atomic_load(&shm->identity.state) == IDENTITY_UNKNOWN)
		return false;
	ascii_sanitize(version, size, shm->identity.version, sizeof(shm->identity.version));
	ascii_sanitize(name, sizeof(name), shm->identity.link, sizeof(shm->identity.link));
	*link = link_kind_from_name(name);
	return true;
}

bool runner_session_is_mismatch(const struct runner_session *session, char *text, size_t size)
{
	const struct identity *identity = &session->runner.shm->identity;
	if (atomic_load(&identity->state) != IDENTITY_MISMATCH)
		return false;
	ascii_sanitize(text, size, identity->why, sizeof(identity->why));
	return true;
}

bool runner_session_is_unavailable(const struct runner_session *session, char *why, size_t size)
{
	const struct shm *shm = session->runner.shm;
	if (!atomic_load(&shm->unavailable))
		return false;
	ascii_sanitize(why, size, shm->unavailable_why, sizeof(shm->unavailable_why));
	return true;
}
