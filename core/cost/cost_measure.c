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
enum { PATIENCE_MS = 60 * 1000, PATIENCE_MS_PER_GIB = 90 * 1000 };

/* Time enough for what there is to do; see docs/cost.md. */
static const struct cost_plan efforts[] = {
	[COST_NORMAL] = {.forks = 48, .forks_ms = 80, .work_ms = 30},
	[COST_QUICK] = {.forks = 32, .forks_ms = 50, .work_ms = 20},
	[COST_THOROUGH] = {.forks = COST_FORKS, .forks_ms = 400, .work_ms = 80},
};

static void fill_plan(
	struct spawned *runner, const struct cost_place *place, const struct cost_order_of *how)
{
	struct plan *plan = &runner->page->plan;
	plan->mode = MODE_COST;
	plan->method = place->method;
	plan->workers = place->threads;
	/* The same for all allocators: they are given the same calls. */
	plan->seed = plan_seed(how->seed + how->round, "", "cost", "");
	if (place->allocator->preloaded)
		plan->object = place->allocator->object;
	runner->cost->plan = efforts[how->effort];
	runner->cost->plan.heap_bytes = place->heap_bytes;
	runner->cost->plan.huge = place->huge;
	runner->cost->plan.round = how->round;
	runner->cost->plan.server = how->server;
	runner->cost->plan.port = how->port;
}

static int await_end(struct spawned *runner, uint64_t heap_bytes, int *status)
{
	struct pollfd fds[] = {
		{.fd = runner->pidfd, .events = POLLIN},
		{.fd = interrupt_fd(), .events = POLLIN},
	};
	uint64_t patience_ms = PATIENCE_MS + ((heap_bytes * PATIENCE_MS_PER_GIB) >> 30);
	uint64_t end = monotonic_ns() + patience_ms * 1000000;
	while (!spawn_ended(runner, status)) {
		if (interrupt_came())
			return -EINTR;
		if (monotonic_ns() > end)
			return -ETIMEDOUT;
		poll(fds, 2, 1000);
	}
	return 0;
}

/* In words, from what the runner wrote and how it ended. */
static void tell_why(struct cost_cell *cell, const struct spawned *runner, int error, int status)
{
	const struct page *page = runner->page;
	char text[PAGE_TEXT_MAX] = "";
	if (page && atomic_load(&page->identity.state) == IDENTITY_MISMATCH)
		pages_text(text, sizeof text, page->identity.why, sizeof page->identity.why);
	else if (page && atomic_load(&page->parent_failure.kind) != FAILURE_NONE)
		pages_text(text, sizeof text, page->parent_failure.text,
			sizeof page->parent_failure.text);
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

static void take_identity(struct cost_cell *cell, const struct page *page)
{
	const struct identity *identity = &page->identity;
	if (atomic_load(&identity->state) == IDENTITY_UNKNOWN)
		return;
	pages_text(
		cell->version, sizeof cell->version, identity->version, sizeof identity->version);
	pages_text(cell->link, sizeof cell->link, identity->link, sizeof identity->link);
	pages_text(cell->object, sizeof cell->object, identity->malloc_from,
		sizeof identity->malloc_from);
}

int cost_measure(const struct cost_place *place, const struct cost_order_of *how,
	struct cost_sheet *sheet, struct cost_cell *cell)
{
	const struct spawn_limits limits = {
		.env = catalogue_env(place->allocator),
		.data_bytes = cost_grid_need(place->heap_bytes) * 2 + (UINT64_C(2) << 30),
	};
	struct spawned runner;
	int status = -1, error = spawn_prepare(&runner);
	if (!error)
		error = spawn_add_cost(&runner);
	if (!error) {
		fill_plan(&runner, place, how);
		error = spawn_start(&runner, place->allocator->runner, &limits);
	}
	if (!error)
		error = await_end(&runner, place->heap_bytes, &status);
	if (runner.page)
		take_identity(cell, runner.page);
	if (!error && (status != 0 || !atomic_load(&runner.page->finished)))
		error = -EPROTO;
	if (!error)
		memcpy(sheet, runner.cost, sizeof *sheet);
	else if (error != -EINTR)
		tell_why(cell, &runner, error == -EPROTO ? 0 : error, status);
	spawn_end(&runner);
	return error;
}
