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
enum { ROUNDS = 2, RUN_TIMEOUT_MS = 5000 };

struct speed_samples {
	double operations_per_s;
	uint32_t forks;
	double fork_us[ROUNDS * SHM_MITIGATION_COST_FORKS];
};

static void fill_mitigation_plan(
	struct plan *to, const struct cell_plan *plan, enum mitigation mitigation)
{
	to->mode = MODE_MITIGATION_COST;
	to->method = plan->method;
	to->mitigation = mitigation;
	to->workers = plan->workers;
	to->seed = plan->seed;
	snprintf(to->scenario, sizeof to->scenario, "%s", plan->scenario);
	if (plan->object)
		to->object = *plan->object;
}

/* False: not in time, or not in order. */
static bool await_runner(struct runner_process *runner)
{
	struct pollfd fds[] = {
		{.fd = runner->pidfd, .events = POLLIN},
		{.fd = interrupt_fd(), .events = POLLIN},
	};
	uint64_t end = monotonic_ns() + (uint64_t)RUN_TIMEOUT_MS * 1000000;
	int status = -1;
	while (!runner_process_has_ended(runner, &status)) {
		if (interrupt_received() || monotonic_ns() > end)
			return false;
		poll(fds, 2, RUN_TIMEOUT_MS);
	}
	return status == 0 && atomic_load(&runner->shm->finished);
}

/* The numbers come from the process under test: bounded, and nothing is divided by zero. */
static void add_round(struct speed_samples *speed_samples, const struct shm_mitigation_cost *line)
{
	uint32_t forks =
		line->forks < SHM_MITIGATION_COST_FORKS ? line->forks : SHM_MITIGATION_COST_FORKS;
	double rate = line->ns ? (double)line->operations * 1e9 / (double)line->ns : 0;
	if (rate > speed_samples->operations_per_s)
		speed_samples->operations_per_s = rate;
	for (uint32_t i = 0; i < forks; i++)
		speed_samples->fork_us[speed_samples->forks++] = (double)line->fork_ns[i] / 1e3;
}

static bool run_round(struct speed_samples *speed_samples, const struct cell_plan *plan,
	enum mitigation mitigation)
{
	const struct runner_limits limits = {.env = plan->env, .data_bytes = plan->data_bytes};
	struct runner_process runner;
	bool ended = false;
	if (runner_process_prepare(&runner) == 0) {
		fill_mitigation_plan(&runner.shm->plan, plan, mitigation);
		ended = runner_process_start(&runner, plan->runner, &limits) == 0 &&
			await_runner(&runner);
	}
	if (ended)
		add_round(speed_samples, &runner.shm->mitigation_cost);
	runner_process_destroy(&runner);
	return ended;
}

static struct speed speed_of(struct speed_samples *speed_samples)
{
	struct speed speed = {
		.operations_per_s = speed_samples->operations_per_s, .forks = speed_samples->forks};
	if (speed_samples->forks == 0)
		return speed;
	speed.fork_median_us = stats_quantile(speed_samples->fork_us, speed_samples->forks, 0.5);
	speed.fork_max_us = stats_quantile(speed_samples->fork_us, speed_samples->forks, 1);
	return speed;
}

void mitigation_cost_measure(const struct cell_plan *plan, struct mitigation_cost *cost)
{
	struct speed_samples with = {0}, without = {0};
	*cost = (struct mitigation_cost){0};
	for (int round = 0; round < ROUNDS; round++)
		if (!run_round(&without, plan, MITIGATION_NONE) ||
			!run_round(&with, plan, plan->mitigation))
			return;
	cost->with = speed_of(&with);
	cost->without = speed_of(&without);
	cost->measured = true;
}
