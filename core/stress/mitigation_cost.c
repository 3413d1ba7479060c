#include "mitigation_cost.h"

#include "stats.h"

/*
 * Rounds, each with and without the mitigation, to average out other load on the machine. The
 * fastest round counts for throughput, all rounds for the duration of fork().
 */
enum { ROUNDS = 2, RUN_TIMEOUT_MS = 5000 };

struct speed_samples {
	double operations_per_s;
	uint32_t forks;
	double fork_us[ROUNDS * SHM_MITIGATION_COST_FORKS];
};

/* The numbers come from the process under test: bound them, and do not divide by zero. */
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
	struct runner_session session;
	int status;
	cell_session_init(&session, plan, MODE_MITIGATION_COST);
	session.plan.mitigation = mitigation;
	bool ended = runner_session_run(&session, RUN_TIMEOUT_MS, true, &status) == 0;
	if (ended)
		add_round(speed_samples, &session.runner.shm->mitigation_cost);
	runner_session_end(&session);
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
