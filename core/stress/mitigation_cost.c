#include "mitigation_cost.h"

#include "interrupt.h"
#include "monotonic.h"
#include "runner_process.h"
#include "stats.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

/*
 * Rounds, each with and without: what else the machine does in one of them shall not decide. Of
 * work the fastest round counts, of forks all of them.
 */
enum { ROUNDS = 2, PATIENCE_MS = 5000 };

struct side {
	double operations_per_s;
	uint32_t forks;
	double fork_us[ROUNDS * PAGE_CURE_COST_FORKS];
};

static void fill_plan(struct plan *to, const struct cell_plan *plan, enum cure cure)
{
	to->mode = MODE_CURE_COST;
	to->method = plan->method;
	to->cure = cure;
	to->workers = plan->workers;
	to->seed = plan->seed;
	snprintf(to->scenario, sizeof to->scenario, "%s", plan->scenario);
	if (plan->object)
		to->object = *plan->object;
}

/* False: not in time, or not in order. */
static bool await_end(struct spawned *runner)
{
	struct pollfd fds[] = {
		{.fd = runner->pidfd, .events = POLLIN},
		{.fd = interrupt_fd(), .events = POLLIN},
	};
	uint64_t end = monotonic_ns() + (uint64_t)PATIENCE_MS * 1000000;
	int status = -1;
	while (!spawn_ended(runner, &status)) {
		if (interrupt_came() || monotonic_ns() > end)
			return false;
		poll(fds, 2, PATIENCE_MS);
	}
	return status == 0 && atomic_load(&runner->page->finished);
}

/* The numbers come from the process under test: bounded, and nothing is divided by zero. */
static void take(struct side *side, const struct cure_cost_line *line)
{
	uint32_t forks = line->forks < PAGE_CURE_COST_FORKS ? line->forks : PAGE_CURE_COST_FORKS;
	double rate = line->ns ? (double)line->operations * 1e9 / (double)line->ns : 0;
	if (rate > side->operations_per_s)
		side->operations_per_s = rate;
	for (uint32_t i = 0; i < forks; i++)
		side->fork_us[side->forks++] = (double)line->fork_ns[i] / 1e3;
}

static bool run(struct side *side, const struct cell_plan *plan, enum cure cure)
{
	const struct spawn_limits limits = {.env = plan->env, .data_bytes = plan->data_bytes};
	struct spawned runner;
	bool ended = false;
	if (spawn_prepare(&runner) == 0) {
		fill_plan(&runner.page->plan, plan, cure);
		ended = spawn_start(&runner, plan->runner, &limits) == 0 && await_end(&runner);
	}
	if (ended)
		take(side, &runner.page->cure_cost);
	spawn_end(&runner);
	return ended;
}

static struct speed speed_of(struct side *side)
{
	struct speed speed = {.operations_per_s = side->operations_per_s, .forks = side->forks};
	if (side->forks == 0)
		return speed;
	speed.fork_median_us = stats_quantile(side->fork_us, side->forks, 0.5);
	speed.fork_max_us = stats_quantile(side->fork_us, side->forks, 1);
	return speed;
}

void cure_cost_measure(const struct cell_plan *plan, struct cure_cost *cost)
{
	struct side with = {0}, without = {0};
	*cost = (struct cure_cost){0};
	for (int round = 0; round < ROUNDS; round++)
		if (!run(&without, plan, CURE_NONE) || !run(&with, plan, plan->cure))
			return;
	cost->with = speed_of(&with);
	cost->without = speed_of(&without);
	cost->measured = true;
}
