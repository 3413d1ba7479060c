/*
 * The runner's side of an audit: an application that registers atfork handlers, has a second
 * thread, uses the allocator, and forks. forklab traces it from the first instruction on.
 */
#include "modes.h"

#include "../common/runner.h"
#include "../common/runner_clock.h"
#include "../common/shm_futex.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct shm_audit *audit_shm(void)
{
	return &runner.shm->audit;
}

/* ---- The application's handlers: forklab recognises their addresses ---- */

static volatile unsigned seen_by;

static void app_prepare(void)
{
	seen_by = 1;
}

static void app_parent(void)
{
	seen_by = 2;
}

static void app_child(void)
{
	seen_by = 3;
}

static void describe(void)
{
	audit_shm()->shm = (uintptr_t)runner.shm;
	audit_shm()->malloc_at = (uintptr_t)malloc;
	audit_shm()->fork_at = (uintptr_t)fork;
	audit_shm()->marker[0] = (uintptr_t)app_prepare;
	audit_shm()->marker[1] = (uintptr_t)app_parent;
	audit_shm()->marker[2] = (uintptr_t)app_child;
}

/* ---- Two threads that have allocated: late registrations are done then ---- */

static void allocate_some(void)
{
	static const size_t sizes[] = {24, 1000, 40000, 1 << 21};
	void *volatile block[sizeof(sizes) / sizeof(sizes[0])];
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		block[i] = malloc(sizes[i]);
		if (!block[i])
			lab_broken("malloc returned no memory", 0);
		memset(block[i], 1, sizes[i]);
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		free(block[i]);
}

/*
 * If there are no handlers, forklab steps this call to see which lock malloc takes. The size
 * exceeds thread caches, so that the call reaches an arena.
 */
static void call_malloc(void)
{
	enum { SIZE = 1500 };
	void *volatile block = malloc(SIZE);
	free(block);
}

static _Atomic uint32_t thread_ready;

/* It does not end: in a process with one thread, libc's locks are plain stores. */
static void *second_thread(void *argument)
{
	static _Atomic uint32_t never;
	allocate_some();
	shm_futex_store(&thread_ready, 1);
	shm_futex_wait(&never, 0);
	return argument;
}

static void start_second_thread(void)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, second_thread, NULL);
	if (error)
		lab_broken("the second thread cannot be started", error);
	shm_futex_wait(&thread_ready, 0);
}

/* ---- The fork ---- */

static void fork_once(void)
{
	int status;
	pid_t pid = fork();
	if (pid == 0)
		_exit(RUNNER_OK);
	if (pid < 0)
		lab_broken("the fork failed", errno);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
}

/* ---- Each prepare handler on its own ---- */

enum { ROUNDS = 301 };
static const uint64_t budget_ns = 20 * 1000 * 1000;

static void insert_sorted(uint64_t *sorted, size_t count, uint64_t value)
{
	for (; count > 0 && sorted[count - 1] > value; count--)
		sorted[count] = sorted[count - 1];
	sorted[count] = value;
}

static void no_handler(void)
{
}

/* Median time of `prepare`, which `parent` undoes, including two clock reads. */
static uint64_t median_of(void (*volatile prepare)(void), void (*volatile parent)(void))
{
	static uint64_t took[ROUNDS];
	uint64_t begin = clock_ns();
	size_t count = 0;
	while (count < ROUNDS && (count == 0 || clock_ns() - begin < budget_ns)) {
		uint64_t from = clock_ns();
		prepare();
		uint64_t to = clock_ns();
		parent();
		insert_sorted(took, count++, to - from);
	}
	return took[count / 2];
}

static void (*function_at(uint64_t address))(void)
{
	return (void (*)(void))(uintptr_t)address;
}

static void time_pairs(uint32_t count)
{
	uint64_t clock = median_of(no_handler, no_handler);
	for (uint32_t i = 0; i < count && i < SHM_TIMED_MAX; i++) {
		struct timed_pair *pair = &audit_shm()->pair[i];
		uint64_t took = median_of(function_at(pair->prepare), function_at(pair->parent));
		pair->median_ns = took > clock ? took - clock : 0;
		atomic_store(&audit_shm()->timed, i + 1);
	}
}

void mode_audit(void)
{
	describe();
	int error = lab_register_atfork(app_prepare, app_parent, app_child);
	if (error)
		lab_broken("the handlers cannot be registered", error);
	allocate_some();
	start_second_thread();
	shm_futex_store(&audit_shm()->ready, 1);
	shm_futex_wait(&audit_shm()->go, 0);
	call_malloc();
	fork_once();
	shm_futex_store(&audit_shm()->forked, 1);
	shm_futex_wait(&audit_shm()->pairs, 0);
	time_pairs(atomic_load(&audit_shm()->pairs) - 1);
	atomic_store(&runner.shm->finished, 1);
}
