/*
 * The cure that an application has for an allocator without atfork handlers: its own handlers let
 * fork() begin only when no thread is inside the allocator, and keep all threads out until the copy
 * is made. Then the child inherits an allocator at rest.
 *
 * Counts and no owner, for three reasons. Several threads may fork at the same time, and glibc runs
 * their handlers at the same time. Whoever is inside must never wait for whoever forks before it
 * has left. And in the child nobody needs to have been the one who locked: it has one thread, which
 * is not in the allocator, so all counts are zero there, whatever they were at the copy.
 *
 * Limits. It holds what goes through lab_heap: what libc allocates on its own (for a new thread,
 * say) goes past it, as it would past an application's wrapper. _Fork() and a raw clone run no
 * handlers. And a signal handler that interrupted its own thread in the allocator and forks waits
 * for itself.
 */
#include "mitigation.h"

#include "allocator.h"
#include "scenario.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The gate is one word, so that a thread goes in only if nobody forks, in one step: threads inside
 * in its lower half, forks under way in its upper one.
 */
#define ONE_INSIDE UINT32_C(1)
#define ONE_FORK   (UINT32_C(1) << 16)

static _Atomic uint32_t quiesce_word; /* futex */
static _Atomic uint32_t waiting;      /* futex: threads that wait in front of it */

static uint32_t inside(uint32_t seen)
{
	return seen & (ONE_FORK - 1);
}

static uint32_t forks(uint32_t seen)
{
	return seen / ONE_FORK;
}

/* The slow paths only. free() promises to leave errno alone. */
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

/* False: somebody forks; *seen is what the gate was then. */
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
 * Those whom the last fork held off go first: one fork after the other must not keep a thread out
 * of the allocator forever.
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

/* Who else forked, or stood in front of the gate, was not copied. */
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
 * Prepare handlers run in the reverse order of their registration, and this one must run before the
 * allocator's own: an allocator that holds its locks already would be waited for by the threads
 * that this one waits for. Some register at their first call, so there is one first.
 */
int mitigation_start(enum mitigation mitigation)
{
	enum { SOME = 100 };
	if (mitigation != MITIGATION_QUIESCE)
		return 0;
	void *volatile block = malloc(SOME);
	free(block);
	lab_heap = &heap_quiesce;
	lab_publish_lock("the cure's gate", &quiesce_word, sizeof(quiesce_word), -1);
	return -pthread_atfork(prepare, parent, child);
}
