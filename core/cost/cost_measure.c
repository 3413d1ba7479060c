#include "cost_measure.h"

#include "interrupt.h"
#include "monotonic.h"
#include "plan.h"
#include "process_exit.h"
#include "runner_process.h"
#include "shm_map.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/*
 * A runner takes half a second, and more for a large heap: seconds for each GiB where the machine
 * is slow to give memory. Children that hang are given up by the runner itself, well before that;
 * what is waited for here is a fork() that never returns.
 */
enum { TIMEOUT_MS = 60 * 1000, TIMEOUT_MS_PER_GIB = 90 * 1000 };

/* Time enough for what there is to do; see docs/cost.md. */
static const struct cost_plan efforts[] = {
	[EFFORT_NORMAL] = {.forks = 48, .forks_ms = 80, .work_ms = 30},
	[EFFORT_QUICK] = {.forks = 32, .forks_ms = 50, .work_ms = 20},
	[EFFORT_THOROUGH] = {.forks = COST_FORKS, .forks_ms = 400, .work_ms = 80},
};

static void fill_plan(struct runner_process *runner, const struct cost_config *config,
	const struct cost_measure_params *params)
{
	struct plan *plan = &runner->shm->plan;
	plan->mode = MODE_COST;
	plan->method = config->method;
	plan->workers = config->threads;
	/* The same for all allocators: they are given the same calls. */
	plan->seed = plan_seed(params->seed + params->round, "", "cost", "");
	if (config->allocator->preloaded)
		plan->object = config->allocator->object;
	runner->cost_shm->plan = efforts[params->effort];
	runner->cost_shm->plan.heap_bytes = config->heap_bytes;
	runner->cost_shm->plan.huge = config->huge;
	runner->cost_shm->plan.round = params->round;
	runner->cost_shm->plan.server = params->server;
	runner->cost_shm->plan.port = params->port;
}

static int wait_for_exit(struct runner_process *runner, uint64_t heap_bytes, int *status)
{
	struct pollfd fds[] = {
		{.fd = runner->pidfd, .events = POLLIN},
		{.fd = interrupt_fd(), .events = POLLIN},
	};
	uint64_t timeout_ms = TIMEOUT_MS + ((heap_bytes * TIMEOUT_MS_PER_GIB) >> 30);
	uint64_t end = monotonic_ns() + timeout_ms * 1000000;
	while (!runner_process_has_ended(runner, status)) {
		if (interrupt_received())
			return -EINTR;
		if (monotonic_ns() > end)
			return -ETIMEDOUT;
		poll(fds, 2, 1000);
	}
	return 0;
}

/* In words, from what the runner wrote and how it ended. */
static void describe_failure(
	struct cost_cell *cell, const struct runner_process *runner, int error, int status)
{
	const struct shm *shm = runner->shm;
	char text[SHM_TEXT_MAX] = "";
	if (shm && atomic_load(&shm->identity.state) == IDENTITY_MISMATCH)
		ascii_sanitize(text, sizeof text, shm->identity.why, sizeof shm->identity.why);
	else if (shm && atomic_load(&shm->parent_failure.kind) != FAILURE_NONE)
		ascii_sanitize(text, sizeof text, shm->parent_failure.text,
			sizeof shm->parent_failure.text);
	if (text[0])
		snprintf(cell->why, sizeof cell->why, "%s", text);
	else if (error == -ETIMEDOUT)
		snprintf(cell->why, sizeof cell->why,
			"the process did not come to its end: perhaps fork() never returned");
	else if (error)
		snprintf(cell->why, sizeof cell->why, "the runner could not be started: %s",
			strerror(-error));
	else if (WIFSIGNALED(status))
		snprintf(cell->why, sizeof cell->why, "the process died of signal %d (%s)",
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(cell->why, sizeof cell->why, "the process ended early, with status %d",
			WEXITSTATUS(status));
}

static void copy_identity(struct cost_cell *cell, const struct shm *shm)
{
	const struct identity *identity = &shm->identity;
	if (atomic_load(&identity->state) == IDENTITY_UNKNOWN)
		return;
	ascii_sanitize(
		cell->version, sizeof cell->version, identity->version, sizeof identity->version);
	ascii_sanitize(cell->link, sizeof cell->link, identity->link, sizeof identity->link);
	ascii_sanitize(cell->object, sizeof cell->object, identity->malloc_from,
		sizeof identity->malloc_from);
}

int cost_measure(const struct cost_config *config, const struct cost_measure_params *params,
	struct cost_shm *shm, struct cost_cell *cell)
{
	const struct runner_limits limits = {
		.env = catalogue_env(config->allocator),
		.data_bytes = cost_grid_memory_bytes(config->heap_bytes) * 2 + (UINT64_C(2) << 30),
	};
	struct runner_process runner;
	int status = -1, error = runner_process_prepare(&runner);
	if (!error)
		error = runner_process_add_cost_shm(&runner);
	if (!error) {
		fill_plan(&runner, config, params);
		error = runner_process_start(&runner, config->allocator->runner, &limits);
	}
	if (!error)
		error = wait_for_exit(&runner, config->heap_bytes, &status);
	if (runner.shm)
		copy_identity(cell, runner.shm);
	if (!error && (status != 0 || !atomic_load(&runner.shm->finished)))
		error = -EPROTO;
	if (!error)
		memcpy(shm, runner.cost_shm, sizeof *shm);
	else if (error != -EINTR)
		describe_failure(cell, &runner, error == -EPROTO ? 0 : error, status);
	runner_process_destroy(&runner);
	return error;
}
