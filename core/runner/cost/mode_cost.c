/* MODE_COST: what a fork costs with this allocator, in one process; see cost_shm.h. */
#include "mode_cost.h"

#include "../common/runner.h"
#include "../common/runner_clock.h"
#include "../trial/fork_method.h"
#include "cost_child.h"
#include "cost_children.h"
#include "cost_clients.h"
#include "cost_clock.h"
#include "cost_handlers.h"
#include "cost_heap.h"
#include "cost_measure_children.h"
#include "cost_memory.h"
#include "cost_servers.h"
#include "cost_shm_attach.h"
#include "cost_threads.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MILLISECOND UINT64_C(1000000)

/* ---- Clock and noise ---- */

static void measure_clock(void)
{
	enum { LOOKS = 2000 };
	uint64_t least = UINT64_MAX;
	for (int i = 0; i < LOOKS; i++) {
		uint64_t begin = cost_clock(), took = cost_clock() - begin;
		least = took < least ? took : least;
	}
	cost_shm->clock_ns = least;
}

/* The same loop takes the same time, unless other processes disturb it. */
static void measure_noise(void)
{
	enum { TURNS = 100 * 1000 };
	for (int i = 0; i < COST_SPINS; i++) {
		uint64_t state = 1, begin = cost_clock();
		for (int turn = 0; turn < TURNS; turn++) {
			(void)cost_random_below(&state, 2);
			__asm__ volatile("" : : "r"(state));
		}
		cost_shm->spin_ns[i] = cost_clock() - begin;
	}
}

/* ---- The background without forks ---- */

static void background(enum cost_phase order, uint64_t ns)
{
	if (runner.shm->plan.workers == 0) {
		cost_threads_run_self(order, ns);
		return;
	}
	cost_threads_set_phase(order);
	clock_sleep((long)ns);
}

static void measure_background(void)
{
	uint64_t work_ns = cost_shm->plan.work_ms * MILLISECOND;
	background(COST_PHASE_WORK, work_ns / 2); /* to warm up */
	uint64_t before = cost_threads_operations(), begin = cost_clock();
	background(COST_PHASE_WORK, work_ns);
	cost_shm->operations = cost_threads_operations() - before;
	cost_shm->operations_ns = cost_clock() - begin;
	cost_interval_set(COST_INTERVAL_QUIET);
	background(COST_PHASE_TIMED, work_ns);
}

/* ---- Forks while the background threads work ---- */

static bool time_fork(enum fork_method method, struct cost_fork *fork, bool counts)
{
	memset(&cost_shm->stamp, 0, sizeof(cost_shm->stamp));
	cost_interval_set(counts ? COST_INTERVAL_FORK : COST_INTERVAL_IGNORED);
	uint64_t called = cost_clock();
	pid_t pid = method_fork(method);
	if (pid == 0)
		_exit(RUNNER_OK);
	uint64_t returned = cost_clock();
	if (pid < 0)
		lab_broken("the fork failed", -pid);
	*fork = cost_shm->stamp;
	fork->called = called;
	fork->returned = returned;
	bool ok = cost_child_reap(pid);
	cost_interval_set(COST_INTERVAL_QUIET);
	return ok;
}

/*
 * Alternates measured and bare forks, so that disturbances affect both. The pauses give the threads
 * time without a fork, in which they write to their memory again.
 */
static void measure_forks(void)
{
	enum { PAUSE = 200 * 1000, MORE = 300 * 1000 };
	const struct cost_plan *plan = &cost_shm->plan;
	enum fork_method method = (enum fork_method)runner.shm->plan.method;
	uint64_t state = runner.shm->plan.seed, end = cost_clock() + plan->forks_ms * MILLISECOND;
	uint32_t most = plan->forks < COST_FORKS ? plan->forks : COST_FORKS;
	if (!time_fork(method, &cost_shm->first, false))
		return;
	for (uint32_t i = 0; i < most && (i < COST_FORKS_MIN || cost_clock() < end); i++) {
		clock_sleep(PAUSE + (long)cost_random_below(&state, MORE));
		(void)cost_interval_longest();
		if (!time_fork(method, &cost_shm->fork[i], true))
			return;
		cost_shm->forks++;
		clock_sleep(PAUSE + (long)cost_random_below(&state, MORE));
		/* A delayed call has ended by now. */
		cost_shm->fork[i].stall = cost_interval_longest();
		if (!time_fork(METHOD__FORK, &cost_shm->bare[i], false))
			return;
		cost_shm->bare_forks++;
	}
}

/* ---- All of it ---- */

static void set_huge_pages(void)
{
	if (!cost_shm->plan.huge && prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) != 0)
		cost_shm->huge_failed = (uint32_t)errno;
}

static void build_heap(void)
{
	uint32_t threads = runner.shm->plan.workers;
	int error = cost_heap_prepare(cost_shm->plan.heap_bytes, threads);
	if (error)
		lab_broken("the list of blocks cannot be made", -error);
	if (threads)
		cost_threads_set_phase(COST_PHASE_BUILD);
	else if (!cost_heap_build(0))
		lab_broken("the allocator returned no memory for a heap of that size", 0);
	cost_shm->heap_blocks = cost_heap_blocks();
	if (cost_shm->plan.huge)
		cost_shm->huge_failed = (uint32_t)-cost_memory_collapse();
	cost_memory_read(runner.pid, &cost_shm->built);
}

static bool has_clients(void)
{
	uint32_t server = cost_shm->plan.server;
	return server == COST_PREFORK_SERVER || server == COST_POOL_SERVER;
}

static void serve(void)
{
	static void (*const serve_by[COST_SERVERS])(void) = {
		[COST_SNAPSHOT_SERVER] = cost_snapshot_serve,
		[COST_PREFORK_SERVER] = cost_prefork_serve,
		[COST_POOL_SERVER] = cost_pool_serve,
	};
	uint32_t server = cost_shm->plan.server;
	if (server < COST_SERVERS && serve_by[server] && cost_children_ok())
		serve_by[server]();
}

void mode_cost(void)
{
	runner.workers = runner.shm->plan.workers;
	if (runner.workers > SHM_WORKERS_MAX || runner.shm->plan.method >= METHOD_COUNT)
		lab_broken("the plan is out of range", 0);
	cost_stack_top = (uintptr_t)__builtin_frame_address(0);
	set_huge_pages();
	cost_shm->outermost = cost_handlers_outermost();
	if (has_clients())
		cost_clients_start();
	int error = cost_threads_start(runner.workers);
	if (error)
		lab_broken("the threads cannot be started", -error);
	measure_clock();
	measure_noise();
	build_heap();
	measure_background();
	measure_forks();
	cost_threads_set_phase(COST_PHASE_IDLE);
	cost_child_plan();
	cost_measure_times();
	cost_measure_cow();
	cost_measure_memory();
	serve();
	cost_measure_caches();
	atomic_store(&runner.shm->finished, 1);
}
