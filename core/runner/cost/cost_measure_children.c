/* What is measured of children, and in which order. */
#include "cost_measure_children.h"

#include "../common/runner.h"
#include "../common/shm_futex.h"
#include "../trial/fork_method.h"
#include "cost_child.h"
#include "cost_children.h"
#include "cost_heap.h"
#include "cost_memory.h"
#include "cost_shm_attach.h"
#include "cost_threads.h"

#include <stddef.h>

/* ---- Times ---- */

void cost_child_plan(void)
{
	uint64_t state = runner.shm->plan.seed + 1;
	for (int i = 0; i < COST_CALLS; i++)
		cost_shm->size[i] = cost_size(&state);
	cost_shm->inherited_blocks = cost_heap_sample(cost_shm->inherited, COST_CALLS);
}

void cost_measure_times(void)
{
	for (int i = 0; i < COST_TIMED_CHILDREN && cost_children_ok(); i++)
		cost_child_reap(cost_child_fork(&cost_shm->timed[i], COST_STAGES, child_timed));
}

/* ---- Copies ---- */

static void measure_child_cow(void)
{
	struct cost_child *child = &cost_shm->child[0];
	pid_t pid = cost_child_fork(child, COST_STAGE_NONE, child_memory_stages);
	for (enum cost_stage stage = COST_STAGE_HANDLER; stage < COST_STAGES; stage++) {
		if (!cost_child_advance(pid, child, stage))
			break;
		/* Without handlers it does not stop at COST_STAGE_HANDLER. */
		if (atomic_load(&child->stage) == stage)
			cost_memory_read(pid, &cost_shm->copied[stage]);
	}
	shm_futex_store(&child->go, COST_STAGES);
	cost_child_reap(pid);
}

/* The first read makes the parent copy the pages that reading itself writes to. */
static void measure_parent_cow(void)
{
	struct cost_child *child = &cost_shm->child[0];
	uint64_t state = runner.shm->plan.seed;
	pid_t pid = cost_child_fork(child, COST_STAGE_FORKED, child_memory_stages);
	if (cost_child_wait_stage(pid, child, COST_STAGE_FORKED)) {
		cost_memory_read(runner.pid, &cost_shm->parent[0]);
		cost_memory_read(runner.pid, &cost_shm->parent[0]);
		for (int i = 0; i < COST_CALLS; i++)
			cost_heap_replace(&state);
		cost_memory_read(runner.pid, &cost_shm->parent[1]);
	}
	shm_futex_store(&child->go, COST_STAGES);
	cost_child_reap(pid);
}

void cost_measure_cow(void)
{
	if (cost_children_ok())
		measure_child_cow();
	if (cost_children_ok())
		measure_parent_cow();
	/* The parent has replaced some of the blocks that children would free. */
	cost_child_plan();
}

/* ---- Memory ---- */

static void measure_all(const pid_t pid[COST_CHILDREN], enum cost_moment moment)
{
	struct cost_memory *memory = cost_shm->memory[moment];
	cost_memory_read(runner.pid, &memory[0]);
	for (int i = 0; i < COST_CHILDREN; i++)
		cost_memory_read(pid[i], &memory[1 + i]);
}

static bool advance_all(const pid_t pid[COST_CHILDREN], enum cost_stage stage)
{
	bool all = true;
	for (int i = 0; i < COST_CHILDREN; i++)
		all &= cost_child_advance(pid[i], &cost_shm->child[i], stage);
	return all;
}

/* False as soon as one of them does not reach its stage. */
static bool measure_stages(const pid_t pid[COST_CHILDREN])
{
	uint64_t state = runner.shm->plan.seed + 2;
	static const struct {
		enum cost_stage stage;
		enum cost_moment moment;
	} stages[] = {{COST_STAGE_FORKED, COST_MOMENT_FORKED},
		{COST_STAGE_ALL_CALLS, COST_MOMENT_ALLOCATED},
		{COST_STAGE_FREED, COST_MOMENT_FREED}};
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		if (!advance_all(pid, stages[i].stage))
			return false;
		measure_all(pid, stages[i].moment);
	}
	for (int i = 0; i < COST_CALLS; i++)
		cost_heap_replace(&state);
	measure_all(pid, COST_MOMENT_PARENT_WROTE);
	return true;
}

void cost_measure_memory(void)
{
	pid_t pid[COST_CHILDREN];
	if (!cost_children_ok())
		return;
	cost_memory_read(runner.pid, &cost_shm->memory[COST_MOMENT_NO_CHILD][0]);
	for (int i = 0; i < COST_CHILDREN; i++)
		pid[i] = cost_child_fork(
			&cost_shm->child[i], COST_STAGE_FORKED, child_memory_stages);
	(void)measure_stages(pid);
	for (int i = 0; i < COST_CHILDREN; i++)
		shm_futex_store(&cost_shm->child[i].go, COST_STAGES);
	for (int i = 0; i < COST_CHILDREN; i++)
		cost_child_reap(pid[i]);
}

/* ---- Caches ---- */

/* Shell's sort: qsort() may allocate. */
static void sort_cached(struct cost_cached *block, uint32_t count)
{
	for (uint32_t gap = count / 2; gap > 0; gap /= 2)
		for (uint32_t i = gap; i < count; i++) {
			struct cost_cached moved = block[i];
			uint32_t j = i;
			for (; j >= gap && block[j - gap].at > moved.at; j -= gap)
				block[j] = block[j - gap];
			block[j] = moved;
		}
}

/* A thread may get what another has freed: such a block is in the cache of the last one only. */
static uint32_t drop_overlapping(struct cost_cached *block, uint32_t count)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < count; i++)
		if (kept == 0 || block[i].at >= block[kept - 1].at + block[kept - 1].size)
			block[kept++] = block[i];
	return kept;
}

void cost_measure_caches(void)
{
	uint32_t threads = runner.shm->plan.workers;
	uint32_t count = threads * COST_SIZES * COST_CACHED;
	if (!cost_children_ok() || threads == 0)
		return;
	cost_threads_set_phase(COST_PHASE_CACHE);
	sort_cached(cost_shm->cached, count);
	cost_shm->cached_threads = threads;
	cost_shm->cached_blocks = drop_overlapping(cost_shm->cached, count);
	pid_t pid = method_fork((enum fork_method)runner.shm->plan.method);
	if (pid == 0)
		child_search_caches();
	if (pid < 0)
		lab_broken("the fork failed", -pid);
	if (!cost_child_reap(pid))
		return;
	cost_threads_set_phase(COST_PHASE_EXIT);
	cost_threads_join();
	child_search(&cost_shm->after_exit);
}
