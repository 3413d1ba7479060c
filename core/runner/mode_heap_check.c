/*
 * What a fork does to an allocator that no trial notices: blocks that are handed out twice, memory
 * that nobody gives back, threads of the allocator's own that are gone, random numbers that all
 * siblings share. Some threads allocate, free every second block, so that their caches hold
 * something, and then rest outside of the allocator; so nothing here depends on the moment of the
 * fork.
 *
 * Blocks have no patterns here, and every page of them is touched: what counts is where they lie
 * and what is resident.
 */
#include "runner.h"

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
	LODGERS = 4, /* threads of the parent's */
	GUESTS = 2,  /* threads that a sibling starts, one after the other */
	EACH = 48,   /* blocks of a thread's */
	GROUPS = LODGERS + 1 + GUESTS,
	FIRST_OF_CHILD = LODGERS, /* then the sibling's main thread's and its guests' blocks */
};

struct piece {
	unsigned char *at; /* NULL: none */
	size_t size;
};

static struct piece piece[GROUPS][EACH];
static pid_t lodger_tid[LODGERS];
static _Atomic uint32_t settled, leave; /* futexes */
static uint64_t fresh_bytes;            /* resident at the beginning */

/* ---- Blocks ---- */

static void take(struct piece *to, unsigned index)
{
	static const size_t sizes[] = {48, 24, 1000, 100, 4000, 40000, 48, 200000};
	to->size = sizes[index % (sizeof sizes / sizeof sizes[0])];
	to->at = lab_heap->malloc(to->size);
	if (to->at)
		memset(to->at, 0x5a, to->size);
}

static void give(struct piece *from)
{
	lab_heap->free(from->at);
	from->at = NULL;
}

static void take_all(struct piece *group)
{
	for (unsigned i = 0; i < EACH; i++)
		take(&group[i], i);
}

static void give_all(struct piece *group)
{
	for (unsigned i = 0; i < EACH; i++)
		give(&group[i]);
}

static uint64_t live_bytes(void)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < GROUPS * EACH; i++)
		sum += piece[i / EACH][i % EACH].at ? piece[i / EACH][i % EACH].size : 0;
	return sum;
}

/*
 * FNV-1a over the way from each small block to the next. Not over the addresses: where a heap
 * begins may be chosen at random by the kernel's rules, once for all that a parent forks.
 */
static uint64_t layout_of(const struct piece *group)
{
	enum { SMALL = 1000 };
	uint64_t hash = UINT64_C(0xcbf29ce484222325), before = 0;
	for (unsigned i = 0; i < EACH; i++) {
		uint64_t at = (uintptr_t)group[i].at;
		if (group[i].size > SMALL)
			continue;
		uint64_t way = before ? at - before : 0;
		for (unsigned byte = 0; byte < sizeof way; byte++)
			hash = (hash ^ (way >> 8 * byte & 0xff)) * UINT64_C(0x100000001b3);
		before = at;
	}
	return hash;
}

/* ---- Overlaps ---- */

static void sort(struct piece *all, unsigned count)
{
	/* qsort() may allocate. */
	for (unsigned gap = count / 2; gap > 0; gap /= 2)
		for (unsigned i = gap; i < count; i++) {
			struct piece moved = all[i];
			unsigned to = i;
			for (; to >= gap && all[to - gap].at > moved.at; to -= gap)
				all[to] = all[to - gap];
			all[to] = moved;
		}
}

static void count_overlaps(struct sibling *sibling)
{
	static struct piece all[GROUPS * EACH];
	unsigned count = 0;
	for (unsigned i = 0; i < GROUPS * EACH; i++)
		if (piece[i / EACH][i % EACH].at)
			all[count++] = piece[i / EACH][i % EACH];
	sort(all, count);
	for (unsigned i = 1; i < count; i++) {
		if (all[i - 1].at + all[i - 1].size <= all[i].at)
			continue;
		if (sibling->overlaps++ == 0)
			sibling->overlap_at = (uintptr_t)all[i].at;
	}
}

/* ---- What the kernel says ---- */

/* The number behind `key` in that file; 0: it cannot be read. Async-signal-safe. */
static uint64_t number_in(const char *path, const char *key)
{
	char text[2048];
	uint64_t number = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
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

static uint64_t beyond_fresh(void)
{
	uint64_t now = resident_bytes();
	return now > fresh_bytes ? now - fresh_bytes : 0;
}

static bool is_known(pid_t tid)
{
	bool known = tid == runner.pid;
	for (unsigned i = 0; i < LODGERS; i++)
		known |= lodger_tid[i] == tid;
	return known;
}

static void read_name(pid_t tid, char *name, size_t size)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/self/task/%d/comm", (int)tid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, name, size - 1);
	if (fd >= 0)
		close(fd);
	name[got > 0 ? got - 1 : 0] = '\0';
}

/* The threads that are not ours. Parent. */
static void look_for_threads(struct examination *e)
{
	DIR *tasks = opendir("/proc/self/task");
	const struct dirent *entry;
	while (tasks && (entry = readdir(tasks))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
		if (tid <= 0 || is_known(tid))
			continue;
		if (e->threads++ == 0)
			read_name(tid, e->thread, sizeof e->thread);
	}
	if (tasks)
		closedir(tasks);
}

/* ---- The parent's threads ---- */

static void *lodger_main(void *argument)
{
	struct piece *mine = argument;
	lodger_tid[(mine - piece[0]) / EACH] = (pid_t)syscall(SYS_gettid);
	take_all(mine);
	for (unsigned i = 0; i < EACH; i += 2)
		give(&mine[i]);
	announce(&settled, atomic_fetch_add(&settled, 1) + 1);
	wait_while(&leave, 0);
	give_all(mine);
	return NULL;
}

/* One after the other: each is at rest before the next one begins. */
static void move_in(pthread_t *thread)
{
	for (uint32_t i = 0; i < LODGERS; i++) {
		int error = pthread_create(&thread[i], NULL, lodger_main, piece[i]);
		if (error)
			lab_broken("a thread cannot be started", error);
		wait_while(&settled, i);
	}
}

static void move_out(const pthread_t *thread)
{
	announce(&leave, 1);
	for (unsigned i = 0; i < LODGERS; i++)
		pthread_join(thread[i], NULL);
}

/* ---- A sibling ---- */

static void *guest_main(void *argument)
{
	take_all(argument);
	return NULL;
}

static void have_guests(void)
{
	pthread_t thread;
	for (unsigned i = 0; i < GUESTS; i++) {
		struct piece *group = piece[FIRST_OF_CHILD + 1 + i];
		if (pthread_create(&thread, NULL, guest_main, group) == 0)
			pthread_join(thread, NULL);
	}
}

static _Noreturn void child_examine(struct sibling *sibling)
{
	child_die_with_runner();
	take_all(piece[FIRST_OF_CHILD]);
	sibling->layout = layout_of(piece[FIRST_OF_CHILD]);
	sibling->threads = count_threads();
	have_guests();
	count_overlaps(sibling);
	atomic_store_explicit(&sibling->looked, 1, memory_order_release);
	/* To free a block twice may end the process, and proves nothing more. */
	if (sibling->overlaps)
		_exit(RUNNER_OK);
	for (unsigned i = 0; i < GROUPS; i++)
		give_all(piece[i]);
	sibling->kept_bytes = beyond_fresh();
	atomic_store_explicit(&sibling->freed, 1, memory_order_release);
	_exit(RUNNER_OK);
}

static void make_sibling(struct sibling *sibling)
{
	pid_t pid = method_fork((enum fork_method)runner.page->plan.method);
	if (pid == 0)
		child_examine(sibling);
	if (pid < 0)
		lab_broken("the fork failed", -pid);
	trial_reap(pid);
}

/* ---- The parent ---- */

/*
 * What a sibling does, without a fork: the difference is that every thread frees its own blocks and
 * comes to its end.
 */
static void do_the_same(const pthread_t *thread)
{
	take_all(piece[FIRST_OF_CHILD]);
	have_guests();
	move_out(thread);
	for (unsigned i = FIRST_OF_CHILD; i < GROUPS; i++)
		give_all(piece[i]);
}

static void look_at_fresh(struct examination *e)
{
	struct piece *group = piece[FIRST_OF_CHILD];
	take_all(group);
	e->layout = layout_of(group);
	give_all(group);
	fresh_bytes = resident_bytes();
}

void examine_serve(void)
{
	const struct plan *plan = &runner.page->plan;
	struct examination *e = &runner.page->examination;
	pthread_t thread[LODGERS];
	int error = plan->method < METHOD_COUNT && plan->cure < CURE_COUNT
			    ? cure_start((enum cure)plan->cure)
			    : -EINVAL;
	if (error)
		lab_broken("the cure cannot be put in force", -error);
	look_at_fresh(e);
	if (plan->trials) {
		move_in(thread);
		look_for_threads(e);
		e->live_bytes = live_bytes();
		for (unsigned i = 0; i < PAGE_SIBLINGS && i < plan->trials; i++)
			make_sibling(&e->sibling[i]);
		do_the_same(thread);
		e->kept_bytes = beyond_fresh();
	}
	atomic_store(&runner.page->finished, 1);
}
