#include "cost_measure.h"

#include "plan.h"
#include "runner_session.h"
#include "shm_map.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/*
 * A runner takes half a second, or some seconds per GiB of heap where the machine allocates memory
 * slowly. The runner itself gives up on hanging children well before that; the timeout is for a
 * fork() that never returns.
 */
enum { TIMEOUT_MS = 60 * 1000, TIMEOUT_MS_PER_GIB = 90 * 1000 };

/* Chosen to suffice for what is measured; see docs/cost.md. */
static const struct cost_plan efforts[] = {
	[EFFORT_NORMAL] = {.forks = 48, .forks_ms = 80, .work_ms = 30},
	[EFFORT_QUICK] = {.forks = 32, .forks_ms = 50, .work_ms = 20},
	[EFFORT_THOROUGH] = {.forks = COST_FORKS, .forks_ms = 400, .work_ms = 80},
};

static struct cost_plan cost_plan_of(
	const struct cost_config *config, const struct cost_measure_params *params)
{
	struct cost_plan plan = efforts[params->effort];
	plan.heap_bytes = config->heap_bytes;
	plan.huge = config->huge;
	plan.round = params->round;
	plan.server = params->server;
	plan.port = params->port;
	return plan;
}

/* The seed is the same for all allocators: they are given the same calls. */
static void init_session(struct runner_session *session, const struct cost_config *config,
	const struct cost_measure_params *params, const struct cost_plan *plan)
{
	catalogue_session_init(session, config->allocator, MODE_COST);
	uint64_t beside =
		session->limits.memory_bytes ? session->limits.memory_bytes : UINT64_C(2) << 30;
	session->limits.memory_bytes = cost_grid_memory_bytes(config->heap_bytes) * 2 + beside;
	session->plan.method = config->method;
	session->plan.workers = config->threads;
	session->plan.seed = plan_seed(params->seed + params->round, "", "cost", "");
	session->cost = plan;
}

/* Describes the failure from what the runner wrote and how it ended. */
static void describe_failure(
	struct cost_cell *cell, const struct runner_process *runner, int error, int status)
{
	const struct shm *shm = runner->shm;
	char text[SHM_TEXT_MAX] = "";
	if (shm && atomic_load(&shm->identity.state) == IDENTITY_MISMATCH)
		ascii_sanitize(text, sizeof(text), shm->identity.why, sizeof(shm->identity.why));
	else if (shm && atomic_load(&shm->parent_failure.kind) != FAILURE_NONE)
		ascii_sanitize(text, sizeof(text), shm->parent_failure.text,
			sizeof(shm->parent_failure.text));
	if (text[0])
		snprintf(cell->why, sizeof(cell->why), "%s", text);
	else if (error == -ETIMEDOUT)
		snprintf(cell->why, sizeof(cell->why),
			"the process did not finish: perhaps fork() never returned");
	else if (error)
		runner_session_start_error(error, cell->why, sizeof(cell->why));
	else if (WIFSIGNALED(status))
		snprintf(cell->why, sizeof(cell->why), "the process died of signal %d (%s)",
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(cell->why, sizeof(cell->why), "the process ended early, with status %d",
			WEXITSTATUS(status));
}

int cost_measure(const struct cost_config *config, const struct cost_measure_params *params,
	struct cost_shm *shm, struct cost_cell *cell)
{
	struct cost_plan plan = cost_plan_of(config, params);
	struct runner_session session;
	uint64_t timeout_ms = TIMEOUT_MS + ((config->heap_bytes * TIMEOUT_MS_PER_GIB) >> 30);
	int status = -1;
	init_session(&session, config, params, &plan);
	int error = runner_session_run(&session, timeout_ms, true, &status);
	if (runner_session_identity(&session, cell->version, sizeof(cell->version), &cell->link))
		ascii_sanitize(cell->object, sizeof(cell->object),
			session.runner.shm->identity.malloc_from,
			sizeof(session.runner.shm->identity.malloc_from));
	if (!error)
		memcpy(shm, session.runner.cost_shm, sizeof(*shm));
	else if (error != -EINTR)
		describe_failure(cell, &session.runner, error == -EPROTO ? 0 : error, status);
	runner_session_end(&session);
	return error;
}
