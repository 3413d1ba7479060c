/* MODE_COST: what a fork costs with this allocator, in one process; see contract/cost_sheet.h. */
#include "mode_cost.h"
#include "runner.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MILLISECOND UINT64_C(1000000)

struct cost_sheet *cost_sheet;

uint64_t cost_clock(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* See lab_random(). */
uint32_t cost_below(uint64_t *state, uint32_t bound)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	return (uint32_t)(((z >> 32) * bound) >> 32);
}

int cost_attach(int fd)
{
	struct stat status;
	if (fstat(fd, &status) != 0)
		return -errno;
	if (status.st_size != (off_t)(COST_OFFSET + sizeof *cost_sheet))
		return -EINVAL;
	void *map = mmap(NULL, sizeof *cost_sheet, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_POPULATE, fd, COST_OFFSET);
	if (map == MAP_FAILED)
		return -errno;
	cost_sheet = map;
	return 0;
}

/* ---- The instruments themselves ---- */

static void look_at_clock(void)
{
	enum { LOOKS = 2000 };
	uint64_t least = UINT64_MAX;
	for (int i = 0; i < LOOKS; i++) {
		uint64_t begin = cost_clock(), took = cost_clock() - begin;
		least = took < least ? took : least;
	}
	cost_sheet->clock_ns = least;
}

/* The same work takes the same time, unless the machine has something else to do. */
static void look_at_machine(void)
{
	enum { TURNS = 100 * 1000 };
	for (int i = 0; i < COST_SPINS; i++) {
		uint64_t state = 1, begin = cost_clock();
		for (int turn = 0; turn < TURNS; turn++) {
			(void)cost_below(&state, 2);
			__asm__ volatile("" : : "r"(state));
		}
		cost_sheet->spin_ns[i] = cost_clock() - begin;
	}
}

static void nap_ns(long ns)
{
	struct timespec rest = {.tv_nsec = ns};
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, &rest) != 0)
		;
}

/* ---- The background without forks ---- */

static void background(enum cost_order order, uint64_t ns)
{
	if (runner.page->plan.workers == 0) {
		cost_threads_self(order, ns);
		return;
	}
	cost_threads_order(order);
	nap_ns((long)ns);
}

static void measure_background(void)
{
	uint64_t work_ns = cost_sheet->plan.work_ms * MILLISECOND;
	background(COST_WORK, work_ns / 2); /* to warm up */
	uint64_t before = cost_threads_operations(), begin = cost_clock();
	background(COST_WORK, work_ns);
	cost_sheet->operations = cost_threads_operations() - before;
	cost_sheet->operations_ns = cost_clock() - begin;
	cost_window_is(COST_CALM);
	background(COST_TIMED, work_ns);
}

/* ---- Forks in the middle of the background ---- */

static bool time_fork(enum fork_method method, struct cost_fork *fork, bool counts)
{
	memset(&cost_sheet->stamp, 0, sizeof cost_sheet->stamp);
	cost_window_is(counts ? COST_FORKING : COST_IGNORED);
	uint64_t called = cost_clock();
	pid_t pid = method_fork(method);
	if (pid == 0)
		_exit(RUNNER_OK);
	uint64_t returned = cost_clock();
	if (pid < 0)
		lab_broken("the fork failed", -pid);
	*fork = cost_sheet->stamp;
	fork->called = called;
	fork->returned = returned;
	bool well = cost_reap(pid);
	cost_window_is(COST_CALM);
	return well;
}

/*
 * The bare fork in turn with the one that is measured: what else goes on hits both. Pauses, so that
 * the threads have moments without a fork, and have written to their memory again.
 */
static void measure_forks(void)
{
	enum { PAUSE = 200 * 1000, MORE = 300 * 1000 };
	const struct cost_plan *plan = &cost_sheet->plan;
	enum fork_method method = (enum fork_method)runner.page->plan.method;
	uint64_t state = runner.page->plan.seed, end = cost_clock() + plan->forks_ms * MILLISECOND;
	uint32_t most = plan->forks < COST_FORKS ? plan->forks : COST_FORKS;
	if (!time_fork(method, &cost_sheet->first, false))
		return;
	for (uint32_t i = 0; i < most && (i < COST_FORKS_MIN || cost_clock() < end); i++) {
		nap_ns(PAUSE + (long)cost_below(&state, MORE));
		(void)cost_window_longest();
		if (!time_fork(method, &cost_sheet->fork[i], true))
			return;
		cost_sheet->forks++;
		nap_ns(PAUSE + (long)cost_below(&state, MORE));
		/* A call that was held up has ended by now. */
		cost_sheet->fork[i].stall = cost_window_longest();
		if (!time_fork(METHOD__FORK, &cost_sheet->bare[i], false))
			return;
		cost_sheet->bares++;
	}
}

/* ---- All of it ---- */

static void choose_pages(void)
{
	if (!cost_sheet->plan.huge && prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) != 0)
		cost_sheet->huge_failed = (uint32_t)errno;
}

static void build_heap(void)
{
	uint32_t threads = runner.page->plan.workers;
	int error = cost_heap_prepare(cost_sheet->plan.heap_bytes, threads);
	if (error)
		lab_broken("the list of blocks cannot be made", -error);
	if (threads)
		cost_threads_order(COST_BUILD);
	else if (!cost_heap_build(0))
		lab_broken("the allocator gives no memory for a heap of that size", 0);
	cost_sheet->heap_blocks = cost_heap_blocks();
	if (cost_sheet->plan.huge)
		cost_sheet->huge_failed = (uint32_t)-cost_memory_collapse();
	cost_memory_look(runner.pid, &cost_sheet->built);
}

static bool has_clients(void)
{
	uint32_t server = cost_sheet->plan.server;
	return server == COST_PREFORK_SERVER || server == COST_POOL_SERVER;
}

static void serve(void)
{
	static void (*const serve_by[COST_SERVERS])(void) = {
		[COST_SNAPSHOT_SERVER] = cost_serve_snapshot,
		[COST_PREFORK_SERVER] = cost_serve_prefork,
		[COST_POOL_SERVER] = cost_serve_pool,
	};
	uint32_t server = cost_sheet->plan.server;
	if (server < COST_SERVERS && serve_by[server] && cost_all_well())
		serve_by[server]();
}

void cost_serve(void)
{
	runner.workers = runner.page->plan.workers;
	if (runner.workers > PAGE_WORKERS_MAX || runner.page->plan.method >= METHOD_COUNT)
		lab_broken("the plan is out of range", 0);
	cost_stack_top = (uintptr_t)__builtin_frame_address(0);
	choose_pages();
	cost_sheet->outermost = cost_outermost();
	if (has_clients())
		cost_make_clients();
	int error = cost_threads_start(runner.workers);
	if (error)
		lab_broken("the threads cannot be started", -error);
	look_at_clock();
	look_at_machine();
	build_heap();
	measure_background();
	measure_forks();
	cost_threads_order(COST_REST);
	cost_choose();
	cost_time_children();
	cost_look_at_copies();
	cost_look_at_memory();
	serve();
	cost_look_for_cached();
	atomic_store(&runner.page->finished, 1);
}
