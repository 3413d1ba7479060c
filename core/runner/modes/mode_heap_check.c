/*
 * Damage by a fork that no trial notices: blocks that are allocated twice, memory that is never
 * released, background threads of the allocator that do not exist in the child, a heap layout that
 * all siblings share. Some threads allocate, free every second block to fill their caches, and then
 * idle outside of the allocator; so nothing here depends on the moment of the fork.
 *
 * Blocks have no patterns here, and every page of them is touched: only addresses and resident
 * memory matter.
 */
#include "modes.h"

#include "../common/runner.h"
#include "../common/shm_futex.h"
#include "../trial/child.h"
#include "../trial/fork_method.h"
#include "../trial/mitigation.h"
#include "../trial/trial.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	PARENT_THREADS = 4, /* threads of the parent */
	CHILD_THREADS = 2,  /* threads that a sibling starts, one after the other */
	GROUP_BLOCKS = 48,  /* blocks per thread */
	GROUPS = PARENT_THREADS + 1 + CHILD_THREADS,
	CHILD_GROUP =
		PARENT_THREADS, /* the sibling's main thread, then the threads that it starts */
};

struct heap_block {
	unsigned char *at; /* NULL: none */
	size_t size;
};

static struct heap_block heap_block[GROUPS][GROUP_BLOCKS];
static pid_t parent_thread_tid[PARENT_THREADS];
static _Atomic uint32_t threads_ready, leave; /* futexes */
static uint64_t fresh_bytes;                  /* resident at the beginning */

/* ---- Blocks ---- */

static void allocate_block(struct heap_block *to, unsigned index)
{
	static const size_t sizes[] = {48, 24, 1000, 100, 4000, 40000, 48, 200000};
	to->size = sizes[index % (sizeof(sizes) / sizeof(sizes[0]))];
	to->at = lab_heap->malloc(to->size);
	if (to->at)
		memset(to->at, 0x5a, to->size);
}

static void free_block(struct heap_block *from)
{
	lab_heap->free(from->at);
	from->at = NULL;
}

static void allocate_group(struct heap_block *group)
{
	for (unsigned i = 0; i < GROUP_BLOCKS; i++)
		allocate_block(&group[i], i);
}

static void free_group(struct heap_block *group)
{
	for (unsigned i = 0; i < GROUP_BLOCKS; i++)
		free_block(&group[i]);
}

static uint64_t live_bytes(void)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < GROUPS * GROUP_BLOCKS; i++)
		sum += heap_block[i / GROUP_BLOCKS][i % GROUP_BLOCKS].at
			       ? heap_block[i / GROUP_BLOCKS][i % GROUP_BLOCKS].size
			       : 0;
	return sum;
}

/*
 * FNV-1a over the distance from each small block to the next. Not over the addresses: the kernel
 * may place the heap at a random address, which all children of a parent share.
 */
static uint64_t layout_of(const struct heap_block *group)
{
	enum { SMALL = 1000 };
	uint64_t hash = UINT64_C(0xcbf29ce484222325), before = 0;
	for (unsigned i = 0; i < GROUP_BLOCKS; i++) {
		uint64_t at = (uintptr_t)group[i].at;
		if (group[i].size > SMALL)
			continue;
		uint64_t way = before ? at - before : 0;
		for (unsigned byte = 0; byte < sizeof(way); byte++)
			hash = (hash ^ (way >> 8 * byte & 0xff)) * UINT64_C(0x100000001b3);
		before = at;
	}
	return hash;
}

/* ---- Overlaps ---- */

static void sort(struct heap_block *all, unsigned count)
{
	/* qsort() may allocate. */
	for (unsigned gap = count / 2; gap > 0; gap /= 2)
		for (unsigned i = gap; i < count; i++) {
			struct heap_block moved = all[i];
			unsigned to = i;
			for (; to >= gap && all[to - gap].at > moved.at; to -= gap)
				all[to] = all[to - gap];
			all[to] = moved;
		}
}

static void count_overlaps(struct sibling *sibling)
{
	static struct heap_block all[GROUPS * GROUP_BLOCKS];
	unsigned count = 0;
	for (unsigned i = 0; i < GROUPS * GROUP_BLOCKS; i++)
		if (heap_block[i / GROUP_BLOCKS][i % GROUP_BLOCKS].at)
			all[count++] = heap_block[i / GROUP_BLOCKS][i % GROUP_BLOCKS];
	sort(all, count);
	for (unsigned i = 1; i < count; i++) {
		if (all[i - 1].at + all[i - 1].size <= all[i].at)
			continue;
		if (sibling->overlaps++ == 0)
			sibling->overlap_at = (uintptr_t)all[i].at;
	}
}

/* ---- From /proc ---- */

/* The number after `key` in that file; 0: unknown. Async-signal-safe. */
static uint64_t number_in(const char *path, const char *key)
{
	char text[2048];
	uint64_t number = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[got > 0 ? got : 0] = '\0';
	const char *at = strstr(text, key);
	for (at = at ? at + strlen(key) : ""; *at && (*at < '0' || *at > '9'); at++)
		;
	for (; *at >= '0' && *at <= '9'; at++)
		number = number * 10 + (uint64_t)(*at - '0');
	return number;
}

static uint32_t count_threads(void)
{
	return (uint32_t)number_in("/proc/self/status", "\nThreads:");
}

static uint64_t resident_bytes(void)
{
	return number_in("/proc/self/smaps_rollup", "\nAnonymous:") * 1024;
}

static uint64_t growth_bytes(void)
{
	uint64_t now = resident_bytes();
	return now > fresh_bytes ? now - fresh_bytes : 0;
}

static bool is_known(pid_t tid)
{
	bool known = tid == runner.pid;
	for (unsigned i = 0; i < PARENT_THREADS; i++)
		known |= parent_thread_tid[i] == tid;
	return known;
}

static void read_name(pid_t tid, char *name, size_t size)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/task/%d/comm", (int)tid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, name, size - 1);
	if (fd >= 0)
		close(fd);
	name[got > 0 ? got - 1 : 0] = '\0';
}

/* The threads that the runner did not start. Parent. */
static void find_allocator_threads(struct heap_check *e)
{
	DIR *tasks = opendir("/proc/self/task");
	const struct dirent *entry;
	while (tasks && (entry = readdir(tasks))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
		if (tid <= 0 || is_known(tid))
			continue;
		if (e->threads++ == 0)
			read_name(tid, e->thread, sizeof(e->thread));
	}
	if (tasks)
		closedir(tasks);
}

/* ---- The parent's threads ---- */

static void *parent_thread_main(void *argument)
{
	struct heap_block *mine = argument;
	parent_thread_tid[(mine - heap_block[0]) / GROUP_BLOCKS] = (pid_t)syscall(SYS_gettid);
	allocate_group(mine);
	for (unsigned i = 0; i < GROUP_BLOCKS; i += 2)
		free_block(&mine[i]);
	shm_futex_store(&threads_ready, atomic_fetch_add(&threads_ready, 1) + 1);
	shm_futex_wait(&leave, 0);
	free_group(mine);
	return NULL;
}

/* One after the other: each is idle before the next one starts. */
static void start_parent_threads(pthread_t *thread)
{
	for (uint32_t i = 0; i < PARENT_THREADS; i++) {
		int error = pthread_create(&thread[i], NULL, parent_thread_main, heap_block[i]);
		if (error)
			lab_broken("a thread cannot be started", error);
		shm_futex_wait(&threads_ready, i);
	}
}

static void join_parent_threads(const pthread_t *thread)
{
	shm_futex_store(&leave, 1);
	for (unsigned i = 0; i < PARENT_THREADS; i++)
		pthread_join(thread[i], NULL);
}

/* ---- A sibling ---- */

static void *child_thread_main(void *argument)
{
	allocate_group(argument);
	return NULL;
}

static void run_child_threads(void)
{
	pthread_t thread;
	for (unsigned i = 0; i < CHILD_THREADS; i++) {
		struct heap_block *group = heap_block[CHILD_GROUP + 1 + i];
		if (pthread_create(&thread, NULL, child_thread_main, group) == 0)
			pthread_join(thread, NULL);
	}
}

static _Noreturn void child_heap_check(struct sibling *sibling)
{
	child_set_pdeathsig();
	allocate_group(heap_block[CHILD_GROUP]);
	sibling->layout = layout_of(heap_block[CHILD_GROUP]);
	sibling->threads = count_threads();
	run_child_threads();
	count_overlaps(sibling);
	atomic_store_explicit(&sibling->checked, 1, memory_order_release);
	/* A double free may end the process, and would prove nothing more. */
	if (sibling->overlaps)
		_exit(RUNNER_OK);
	for (unsigned i = 0; i < GROUPS; i++)
		free_group(heap_block[i]);
	sibling->retained_bytes = growth_bytes();
	atomic_store_explicit(&sibling->freed, 1, memory_order_release);
	_exit(RUNNER_OK);
}

static void fork_sibling(struct sibling *sibling)
{
	pid_t pid = method_fork((enum fork_method)runner.shm->plan.method);
	if (pid == 0)
		child_heap_check(sibling);
	if (pid < 0)
		lab_broken("the fork failed", -pid);
	trial_reap(pid);
}

/* ---- The parent ---- */

/*
 * Does what a sibling does, without a fork; the difference is that every thread frees its own
 * blocks and exits.
 */
static void measure_parent(const pthread_t *thread)
{
	allocate_group(heap_block[CHILD_GROUP]);
	run_child_threads();
	join_parent_threads(thread);
	for (unsigned i = CHILD_GROUP; i < GROUPS; i++)
		free_group(heap_block[i]);
}

static void measure_fresh(struct heap_check *e)
{
	struct heap_block *group = heap_block[CHILD_GROUP];
	allocate_group(group);
	e->layout = layout_of(group);
	free_group(group);
	fresh_bytes = resident_bytes();
}

void mode_heap_check(void)
{
	const struct plan *plan = &runner.shm->plan;
	struct heap_check *e = &runner.shm->heap_check;
	pthread_t thread[PARENT_THREADS];
	int error = plan->method < METHOD_COUNT && plan->mitigation < MITIGATION_COUNT
			    ? mitigation_start((enum mitigation)plan->mitigation)
			    : -EINVAL;
	if (error)
		lab_broken("the mitigation cannot be enabled", -error);
	measure_fresh(e);
	if (plan->trials) {
		start_parent_threads(thread);
		find_allocator_threads(e);
		e->live_bytes = live_bytes();
		for (unsigned i = 0; i < SHM_SIBLINGS && i < plan->trials; i++)
			fork_sibling(&e->sibling[i]);
		measure_parent(thread);
		e->retained_bytes = growth_bytes();
	}
	atomic_store(&runner.shm->finished, 1);
}
