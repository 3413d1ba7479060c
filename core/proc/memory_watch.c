#include "memory_watch.h"

#include "monotonic.h"
#include "proc.h"

#include <signal.h>
#include <stddef.h>

enum { CHILDREN_MAX = 512, DEPTH_MAX = 16 };

static const uint64_t limit_default = UINT64_C(2) << 30;

/* Opening files of /proc is slow under some hypervisors. */
static const uint64_t interval_min_ns = UINT64_C(5) * 1000 * 1000;
static const uint64_t interval_max_ns = UINT64_C(100) * 1000 * 1000;

/* Faster than one thread can touch fresh memory, and a power of two. */
static const uint64_t bytes_per_ns = 8;

void memory_watch_begin(struct memory_watch *watch, pid_t runner, uint64_t limit)
{
	*watch = (struct memory_watch){
		.limit = limit ? limit : limit_default,
		.runner = runner,
		.due_ns = monotonic_ns() + interval_min_ns,
	};
}

uint64_t memory_watch_interval_ns(uint64_t resident, uint64_t limit)
{
	uint64_t ns = resident < limit ? (limit - resident) / bytes_per_ns : 0;
	if (ns < interval_min_ns)
		return interval_min_ns;
	return ns < interval_max_ns ? ns : interval_max_ns;
}

/* One walk. A branch is a child of forklab, or a child of such a child with all below it. */
struct walk {
	uint64_t total;       /* bytes */
	uint64_t branch_size; /* of the current branch */
	pid_t largest;        /* branch */
	uint64_t largest_size;
};

static void end_branch(struct walk *walk, pid_t branch)
{
	walk->total += walk->branch_size;
	if (walk->branch_size > walk->largest_size) {
		walk->largest = branch;
		walk->largest_size = walk->branch_size;
	}
	walk->branch_size = 0;
}

/* Adds what a process has beyond its parent, and returns its resident size. */
static uint64_t add_process(struct walk *walk, pid_t pid, uint64_t parent_resident)
{
	uint64_t resident = proc_resident(pid);
	walk->branch_size += resident > parent_resident ? resident - parent_resident : 0;
	return resident;
}

static void add_below(struct walk *walk, pid_t parent, uint64_t resident, int depth)
{
	pid_t child[CHILDREN_MAX];
	int count = depth < DEPTH_MAX ? proc_children(parent, child, CHILDREN_MAX) : 0;
	for (int i = 0; i < count && i < CHILDREN_MAX; i++) {
		uint64_t own = add_process(walk, child[i], resident);
		add_below(walk, child[i], own, depth + 1);
		if (depth == 0)
			end_branch(walk, child[i]);
	}
}

static void add_root(struct walk *walk, pid_t root)
{
	uint64_t resident = add_process(walk, root, 0);
	end_branch(walk, root);
	add_below(walk, root, resident, 0);
}

static void kill_below(pid_t root, int depth)
{
	pid_t child[CHILDREN_MAX];
	kill(root, SIGSTOP);
	int count = depth < DEPTH_MAX ? proc_children(root, child, CHILDREN_MAX) : 0;
	for (int i = 0; i < count && i < CHILDREN_MAX; i++)
		kill_below(child[i], depth + 1);
	kill(root, SIGKILL);
}

/* The caller reaps it as any other: its wait status is not taken here. */
static void kill_branch(struct memory_watch *watch, pid_t branch)
{
	watch->killed[watch->killed_count++ % MEMORY_WATCH_KILLED_MAX] = branch;
	watch->runner_killed |= branch == watch->runner;
	if (branch == watch->runner)
		kill(branch, SIGKILL);
	else
		kill_below(branch, 0);
}

void memory_watch_tick(struct memory_watch *watch)
{
	uint64_t now = monotonic_ns();
	struct walk walk = {0};
	pid_t root[CHILDREN_MAX];
	if (now < watch->due_ns || watch->limit == UINT64_MAX)
		return;
	int count = proc_own_children(root, CHILDREN_MAX);
	for (int i = 0; i < count && i < CHILDREN_MAX; i++)
		add_root(&walk, root[i]);
	watch->due_ns = monotonic_ns() + memory_watch_interval_ns(walk.total, watch->limit);
	if (walk.total > watch->limit && walk.largest > 1)
		kill_branch(watch, walk.largest);
}

bool memory_watch_killed(const struct memory_watch *watch, pid_t pid)
{
	for (unsigned i = 0; i < watch->killed_count && i < MEMORY_WATCH_KILLED_MAX; i++)
		if (pid > 1 && watch->killed[i] == pid)
			return true;
	return false;
}
