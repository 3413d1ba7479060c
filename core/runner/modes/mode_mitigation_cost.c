/*
 * Measures the workers' speed and the time of fork(), to compare a process with a mitigation and
 * one without: first the workers alone, then forks while they work. The children exit at once.
 */
#include "modes.h"

#include "../common/runner.h"
#include "../common/runner_clock.h"
#include "../trial/fork_method.h"
#include "../trial/trial.h"
#include "../trial/worker_pause.h"
#include "../trial/workers.h"

#include <unistd.h>

/* Nanoseconds: until all workers run, of work without forks, and at most with forks. */
enum { SETTLE_NS = 5 * 1000 * 1000, WORK_NS = 60 * 1000 * 1000, FORKS_NS = 200 * 1000 * 1000 };

static void measure_work(struct shm_mitigation_cost *cost)
{
	uint64_t begin = clock_ns(), before = workers_operations();
	clock_sleep(WORK_NS);
	cost->operations = workers_operations() - before;
	cost->ns = clock_ns() - begin;
}

static uint64_t time_fork(enum fork_method method)
{
	uint64_t begin = clock_ns();
	pid_t pid = method_fork(method);
	if (pid == 0)
		_exit(RUNNER_OK);
	uint64_t end = clock_ns();
	if (pid < 0)
		lab_broken("the fork failed", -pid);
	trial_reap(pid);
	return end - begin;
}

static void measure_forks(struct shm_mitigation_cost *cost, enum fork_method method)
{
	uint64_t end = clock_ns() + FORKS_NS;
	while (cost->forks < SHM_MITIGATION_COST_FORKS && clock_ns() < end)
		cost->fork_ns[cost->forks++] = time_fork(method);
}

void mode_mitigation_cost(void)
{
	struct shm *shm = runner.shm;
	worker_pause_end();
	clock_sleep(SETTLE_NS);
	measure_work(&shm->mitigation_cost);
	measure_forks(&shm->mitigation_cost, (enum fork_method)shm->plan.method);
	worker_pause_begin();
	atomic_store(&shm->finished, 1);
}
