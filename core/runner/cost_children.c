/* The parent's side of the children that are measured. The background threads are at rest. */
#include "mode_cost.h"
#include "runner.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A child has less than a millisecond of work, and some memory to give back. */
enum { PATIENCE_MS = 8000 };

/* ---- Making and ending ---- */

bool cost_reap(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0), status = 0;
	struct pollfd end = {.fd = fd, .events = POLLIN};
	if (fd < 0)
		lab_broken("a child cannot be watched", errno);
	int ready;
	do
		ready = poll(&end, 1, PATIENCE_MS);
	while (ready < 0 && errno == EINTR);
	close(fd);
	if (ready == 0) {
		kill(pid, SIGKILL);
		cost_sheet->hung++;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			lab_broken("a child cannot be waited for", errno);
	if (ready > 0 && status != RUNNER_OK)
		cost_sheet->failed++;
	return ready > 0 && status == RUNNER_OK;
}

/* Nothing more is measured in a process whose children do not come to their end. */
bool cost_all_well(void)
{
	return cost_sheet->hung == 0 && cost_sheet->failed == 0;
}

pid_t cost_start(struct cost_child *child, uint32_t go, void (*life)(struct cost_child *))
{
	memset(child, 0, sizeof *child);
	atomic_store(&child->go, go);
	cost_next_child = child;
	pid_t pid = method_fork((enum fork_method)runner.page->plan.method);
	if (pid == 0)
		life(child);
	cost_next_child = NULL;
	if (pid < 0)
		lab_broken("the fork failed", -pid);
	return pid;
}

bool cost_has_ended(pid_t pid)
{
	siginfo_t info = {0};
	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid;
}

bool cost_reaches(pid_t pid, struct cost_child *child, enum cost_stage stage)
{
	static const struct timespec nap = {.tv_nsec = 50 * 1000};
	uint64_t give_up = cost_clock() + PATIENCE_MS * UINT64_C(1000000);
	while (atomic_load(&child->stage) < (uint32_t)stage) {
		if (cost_has_ended(pid) || cost_clock() > give_up)
			return false;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
	}
	return true;
}

static bool advance(pid_t pid, struct cost_child *child, enum cost_stage stage)
{
	announce(&child->go, stage);
	return cost_reaches(pid, child, stage);
}

/* ---- Times ---- */

void cost_choose(void)
{
	uint64_t state = runner.page->plan.seed + 1;
	for (int i = 0; i < COST_CALLS; i++)
		cost_sheet->size[i] = cost_size(&state);
	cost_sheet->inherited_blocks = cost_heap_choose(cost_sheet->inherited, COST_CALLS);
}

void cost_time_children(void)
{
	for (int i = 0; i < COST_TIMED_CHILDREN && cost_all_well(); i++)
		cost_reap(cost_start(&cost_sheet->timed[i], COST_STAGES, child_timed));
}

/* ---- Copies ---- */

static void look_at_child(void)
{
	struct cost_child *child = &cost_sheet->child[0];
	pid_t pid = cost_start(child, COST_BORN, child_looked_at);
	for (enum cost_stage stage = COST_ENTERED; stage < COST_STAGES; stage++) {
		if (!advance(pid, child, stage))
			break;
		/* Without handlers it does not stop at COST_ENTERED. */
		if (atomic_load(&child->stage) == stage)
			cost_memory_look(pid, &cost_sheet->copied[stage]);
	}
	announce(&child->go, COST_STAGES);
	cost_reap(pid);
}

/* The first look only has the parent copy what looking itself writes to. */
static void look_at_parent(void)
{
	struct cost_child *child = &cost_sheet->child[0];
	uint64_t state = runner.page->plan.seed;
	pid_t pid = cost_start(child, COST_FORKED, child_looked_at);
	if (cost_reaches(pid, child, COST_FORKED)) {
		cost_memory_look(runner.pid, &cost_sheet->parent[0]);
		cost_memory_look(runner.pid, &cost_sheet->parent[0]);
		for (int i = 0; i < COST_CALLS; i++)
			cost_heap_replace(&state);
		cost_memory_look(runner.pid, &cost_sheet->parent[1]);
	}
	announce(&child->go, COST_STAGES);
	cost_reap(pid);
}

void cost_look_at_copies(void)
{
	if (cost_all_well())
		look_at_child();
	if (cost_all_well())
		look_at_parent();
	/* The parent has replaced some of the blocks that children were to free. */
	cost_choose();
}

/* ---- Memory ---- */

static void look_at_all(const pid_t pid[COST_CHILDREN], enum cost_moment moment)
{
	struct cost_memory *memory = cost_sheet->memory[moment];
	cost_memory_look(runner.pid, &memory[0]);
	for (int i = 0; i < COST_CHILDREN; i++)
		cost_memory_look(pid[i], &memory[1 + i]);
}

static bool advance_all(const pid_t pid[COST_CHILDREN], enum cost_stage stage)
{
	bool all = true;
	for (int i = 0; i < COST_CHILDREN; i++)
		all &= advance(pid[i], &cost_sheet->child[i], stage);
	return all;
}

/* False as soon as one of them does not come as far as it should. */
static bool follow(const pid_t pid[COST_CHILDREN])
{
	uint64_t state = runner.page->plan.seed + 2;
	static const struct {
		enum cost_stage stage;
		enum cost_moment moment;
	} way[] = {
		{COST_FORKED, COST_ALL}, {COST_FULL, COST_ALL_FULL}, {COST_FREED, COST_ALL_FREED}};
	for (size_t i = 0; i < sizeof way / sizeof way[0]; i++) {
		if (!advance_all(pid, way[i].stage))
			return false;
		look_at_all(pid, way[i].moment);
	}
	for (int i = 0; i < COST_CALLS; i++)
		cost_heap_replace(&state);
	look_at_all(pid, COST_PARENT_ON);
	return true;
}

void cost_look_at_memory(void)
{
	pid_t pid[COST_CHILDREN];
	if (!cost_all_well())
		return;
	cost_memory_look(runner.pid, &cost_sheet->memory[COST_ALONE][0]);
	for (int i = 0; i < COST_CHILDREN; i++)
		pid[i] = cost_start(&cost_sheet->child[i], COST_FORKED, child_looked_at);
	(void)follow(pid);
	for (int i = 0; i < COST_CHILDREN; i++)
		announce(&cost_sheet->child[i].go, COST_STAGES);
	for (int i = 0; i < COST_CHILDREN; i++)
		cost_reap(pid[i]);
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

/* What one thread frees another one may get: such a block is in nobody's cache but the last one's.
 */
static uint32_t each_once(struct cost_cached *block, uint32_t count)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < count; i++)
		if (kept == 0 || block[i].at >= block[kept - 1].at + block[kept - 1].size)
			block[kept++] = block[i];
	return kept;
}

void cost_look_for_cached(void)
{
	uint32_t threads = runner.page->plan.workers;
	uint32_t count = threads * COST_SIZES * COST_CACHED;
	if (!cost_all_well() || threads == 0)
		return;
	cost_threads_order(COST_CACHE);
	sort_cached(cost_sheet->cached, count);
	cost_sheet->cached_threads = threads;
	cost_sheet->cached_blocks = each_once(cost_sheet->cached, count);
	pid_t pid = method_fork((enum fork_method)runner.page->plan.method);
	if (pid == 0)
		child_searching();
	if (pid < 0)
		lab_broken("the fork failed", -pid);
	if (!cost_reap(pid))
		return;
	cost_threads_order(COST_THE_END);
	cost_threads_join();
	child_search(&cost_sheet->after_exit);
}
