/*
 * What an application can do for an allocator without atfork handlers: its own handlers delay
 * fork() until no thread is inside the allocator, and keep all threads out until the copy is made.
 * The child then inherits an allocator that is not in use.
 *
 * A counter instead of a lock with an owner, for three reasons. Several threads may fork at the
 * same time, and glibc runs their handlers concurrently. A thread inside the allocator must be able
 * to leave while another one waits to fork. And the child has one thread, which is not in the
 * allocator, so it can set all counts to zero, whatever they were at the copy.
 *
 * Limits. Only calls through lab_heap are covered: what libc allocates itself, for a new thread for
 * example, is not, as with an application's wrapper. _Fork() and a raw clone run no handlers. A
 * signal handler that interrupts its own thread in the allocator and forks waits for itself.
 */
#include "mitigation.h"

#include "allocator.h"
#include "scenario.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * One word, so that "no fork in progress" and "one more inside" are one atomic operation: threads
 * inside in the lower half, forks in progress in the upper half.
 */
#define ONE_INSIDE UINT32_C(1)
#define ONE_FORK   (UINT32_C(1) << 16)

static _Atomic uint32_t quiesce_word; /* futex */
static _Atomic uint32_t waiting;      /* futex: threads that wait to enter */

static uint32_t inside(uint32_t seen)
{
	return seen & (ONE_FORK - 1);
}

static uint32_t forks(uint32_t seen)
{
	return seen / ONE_FORK;
}

/* Slow paths only. They preserve errno, as free() must. */
static void futex_wait_private(_Atomic uint32_t *word, uint32_t value)
{
	int saved = errno;
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
	errno = saved;
}

static void futex_wake_private(_Atomic uint32_t *word)
{
	int saved = errno;
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
	errno = saved;
}

/* ---- Around every call into the allocator: any thread, parent or child ---- */

/* False: a fork is in progress; *seen is the word at that time. */
static bool try_enter(uint32_t *seen)
{
	*seen = atomic_load(&quiesce_word);
	while (forks(*seen) == 0)
		if (atomic_compare_exchange_weak(&quiesce_word, seen, *seen + ONE_INSIDE))
			return true;
	return false;
}

static void enter(void)
{
	uint32_t seen;
	if (try_enter(&seen))
		return;
	atomic_fetch_add(&waiting, 1);
	while (!try_enter(&seen))
		futex_wait_private(&quiesce_word, seen);
	if (atomic_fetch_sub(&waiting, 1) == 1)
		futex_wake_private(&waiting);
}

static void leave(void)
{
	uint32_t left = atomic_fetch_sub(&quiesce_word, ONE_INSIDE) - ONE_INSIDE;
	if (inside(left) == 0 && forks(left) != 0)
		futex_wake_private(&quiesce_word);
}

/* ---- The handlers ---- */

/*
 * Threads that the last fork delayed go first: consecutive forks must not keep a thread out of the
 * allocator forever.
 */
static void prepare(void)
{
	uint32_t seen;
	while ((seen = atomic_load(&waiting)) != 0)
		futex_wait_private(&waiting, seen);
	atomic_fetch_add(&quiesce_word, ONE_FORK);
	while (inside(seen = atomic_load(&quiesce_word)) != 0)
		futex_wait_private(&quiesce_word, seen);
}

static void parent(void)
{
	uint32_t left = atomic_fetch_sub(&quiesce_word, ONE_FORK) - ONE_FORK;
	if (forks(left) == 0 && atomic_load(&waiting) != 0)
		futex_wake_private(&quiesce_word);
}

/* Threads that forked or waited at the copy do not exist in the child. */
static void child(void)
{
	atomic_store(&quiesce_word, 0);
	atomic_store(&waiting, 0);
}

/* ---- The calls ---- */

static void *quiesce_malloc(size_t size)
{
	enter();
	void *block = malloc(size);
	leave();
	return block;
}

static void *quiesce_calloc(size_t count, size_t size)
{
	enter();
	void *block = calloc(count, size);
	leave();
	return block;
}

static void *quiesce_realloc(void *old, size_t size)
{
	enter();
	void *block = realloc(old, size);
	leave();
	return block;
}

static void *quiesce_aligned_alloc(size_t alignment, size_t size)
{
	enter();
	void *block = aligned_alloc(alignment, size);
	leave();
	return block;
}

static void quiesce_free(void *block)
{
	enter();
	free(block);
	leave();
}

static const struct heap_calls heap_quiesce = {
	.malloc = quiesce_malloc,
	.calloc = quiesce_calloc,
	.realloc = quiesce_realloc,
	.aligned_alloc = quiesce_aligned_alloc,
	.free = quiesce_free,
};

/*
 * Prepare handlers run in reverse order of registration, and this one must run before the
 * allocator's: if the allocator already holds its locks, the threads that this handler waits for
 * wait for them. Some allocators register at their first call, so one is made first.
 */
int mitigation_start(enum mitigation mitigation)
{
	enum { SOME = 100 };
	if (mitigation != MITIGATION_QUIESCE)
		return 0;
	void *volatile block = malloc(SOME);
	free(block);
	lab_heap = &heap_quiesce;
	lab_publish_lock("the mitigation's lock", &quiesce_word, sizeof(quiesce_word), -1);
	return -lab_register_atfork(prepare, parent, child);
}
