/*
 * What the workers and fork() cost, to be compared between a process with a cure and one without:
 * first the workers alone, then forks in the middle of their work. The children end at once.
 */
#include "runner.h"

#include <time.h>
#include <unistd.h>

/* Nanoseconds: until all workers are at work, of work without forks, and of forks at most. */
enum { SETTLE_NS = 5 * 1000 * 1000, WORK_NS = 60 * 1000 * 1000, FORKS_NS = 200 * 1000 * 1000 };

static void nap(long ns)
{
	struct timespec rest = {.tv_nsec = ns};
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, &rest) != 0)
		;
}

static void measure_work(struct cure_cost_line *cost)
{
	uint64_t begin = clock_ns(), before = workers_operations();
	nap(WORK_NS);
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

static void measure_forks(struct cure_cost_line *cost, enum fork_method method)
{
	uint64_t end = clock_ns() + FORKS_NS;
	while (cost->forks < PAGE_CURE_COST_FORKS && clock_ns() < end)
		cost->fork_ns[cost->forks++] = time_fork(method);
}

void cure_cost_measure(void)
{
	struct page *page = runner.page;
	gate_open();
	nap(SETTLE_NS);
	measure_work(&page->cure_cost);
	measure_forks(&page->cure_cost, (enum fork_method)page->plan.method);
	gate_close();
	atomic_store(&page->finished, 1);
}
