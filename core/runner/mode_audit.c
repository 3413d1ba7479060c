/*
 * The runner's side of an audit: an application that registers atfork handlers of its own, has a
 * second thread, uses the allocator, and forks. forklab watches from the first instruction on; this
 * code knows nothing of that.
 */
#include "runner.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct audit_line *line(void)
{
	return &runner.page->audit;
}

/* ---- The application's own handlers: forklab knows them by their addresses ---- */

static volatile unsigned seen_by;

static void own_prepare(void)
{
	seen_by = 1;
}

static void own_parent(void)
{
	seen_by = 2;
}

static void own_child(void)
{
	seen_by = 3;
}

static void describe(void)
{
	line()->page = (uintptr_t)runner.page;
	line()->malloc_at = (uintptr_t)malloc;
	line()->fork_at = (uintptr_t)fork;
	line()->marker[0] = (uintptr_t)own_prepare;
	line()->marker[1] = (uintptr_t)own_parent;
	line()->marker[2] = (uintptr_t)own_child;
}

/* ---- Two threads that have allocated: what registers late has done so ---- */

static void use_allocator(void)
{
	static const size_t sizes[] = {24, 1000, 40000, 1 << 21};
	void *volatile block[sizeof sizes / sizeof sizes[0]];
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		block[i] = malloc(sizes[i]);
		if (!block[i])
			lab_broken("malloc gives no memory", 0);
		memset(block[i], 1, sizes[i]);
	}
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		free(block[i]);
}

/*
 * Which lock does malloc itself take? forklab steps this call where there are no handlers.
 * A size beyond thread caches, so that it goes to an arena.
 */
static void call_malloc(void)
{
	enum { SIZE = 1500 };
	void *volatile block = malloc(SIZE);
	free(block);
}

static _Atomic uint32_t settled;

/* It stays: while a process has one thread, libc's locks are mere stores. */
static void *companion(void *argument)
{
	static _Atomic uint32_t never;
	use_allocator();
	announce(&settled, 1);
	wait_while(&never, 0);
	return argument;
}

static void start_companion(void)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, companion, NULL);
	if (error)
		lab_broken("the second thread cannot be started", error);
	wait_while(&settled, 0);
}

/* ---- The fork ---- */

static void fork_once(void)
{
	int status;
	pid_t pid = fork();
	if (pid == 0)
		_exit(RUNNER_OK);
	if (pid < 0)
		lab_broken("fork", errno);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
}

/* ---- Prepare handlers by themselves ---- */

enum { ROUNDS = 301 };
static const uint64_t patience_ns = 20 * 1000 * 1000;

static void sort_in(uint64_t *sorted, size_t count, uint64_t value)
{
	for (; count > 0 && sorted[count - 1] > value; count--)
		sorted[count] = sorted[count - 1];
	sorted[count] = value;
}

static void nothing(void)
{
}

/* Of the first; the second undoes it. Its own time, and that of two looks at the clock. */
static uint64_t median_of(void (*volatile prepare)(void), void (*volatile parent)(void))
{
	static uint64_t took[ROUNDS];
	uint64_t begin = clock_ns();
	size_t count = 0;
	while (count < ROUNDS && (count == 0 || clock_ns() - begin < patience_ns)) {
		uint64_t from = clock_ns();
		prepare();
		uint64_t to = clock_ns();
		parent();
		sort_in(took, count++, to - from);
	}
	return took[count / 2];
}

static void (*function_at(uint64_t address))(void)
{
	return (void (*)(void))(uintptr_t)address;
}

static void time_pairs(uint32_t count)
{
	uint64_t clock = median_of(nothing, nothing);
	for (uint32_t i = 0; i < count && i < PAGE_TIMED_MAX; i++) {
		struct timed_pair *pair = &line()->pair[i];
		uint64_t took = median_of(function_at(pair->prepare), function_at(pair->parent));
		pair->median_ns = took > clock ? took - clock : 0;
		atomic_store(&line()->timed, i + 1);
	}
}

void audit_serve(void)
{
	describe();
	int error = pthread_atfork(own_prepare, own_parent, own_child);
	if (error)
		lab_broken("pthread_atfork", error);
	use_allocator();
	start_companion();
	announce(&line()->ready, 1);
	wait_while(&line()->go, 0);
	call_malloc();
	fork_once();
	announce(&line()->forked, 1);
	wait_while(&line()->pairs, 0);
	time_pairs(atomic_load(&line()->pairs) - 1);
	atomic_store(&runner.page->finished, 1);
}
