/*
 * All kinds of atfork handlers that an audit has to distinguish. None of them alone hangs a child.
 */
#include "fault.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum { FREE, HELD };

/* ---- A counter: changed by atomic instructions, and no lock ---- */

static _Atomic unsigned counter;

static void bump(void)
{
	atomic_fetch_add(&counter, 1);
}

static void register_twice(void)
{
	pthread_atfork(bump, bump, bump);
	pthread_atfork(bump, bump, bump);
}

/* ---- Two words, acquired and released in all ways ---- */

static _Atomic unsigned first, second;

/* Says whether it got it, so that no compiler makes a mere store of it. */
static void take(_Atomic unsigned *word)
{
	unsigned expected = FREE;
	if (!atomic_compare_exchange_strong(word, &expected, HELD))
		abort();
}

static void take_both(void)
{
	take(&first);
	take(&second);
}

static void give_both(void)
{
	atomic_exchange(&second, FREE);
	atomic_exchange(&first, FREE);
}

static void give_first(void)
{
	atomic_exchange(&first, FREE);
}

static void reset(_Atomic unsigned *word)
{
	atomic_store_explicit(word, FREE, memory_order_relaxed);
}

static void give_first_reset_second(void)
{
	atomic_exchange(&first, FREE);
	reset(&second);
}

static void register_left(void)
{
	pthread_atfork(take_both, give_both, give_first);
}

static void register_mixed(void)
{
	pthread_atfork(take_both, give_both, give_first_reset_second);
}

static void register_right(void)
{
	pthread_atfork(take_both, give_both, give_both);
}

/* Released by plain stores, on both sides by the same function: as spin locks may be. */
static void store_both(void)
{
	reset(&second);
	reset(&first);
}

static void register_plain(void)
{
	pthread_atfork(take_both, store_both, store_both);
}

/* Nothing undoes it in the parent: it may not be called twice. */
static void register_without_parent(void)
{
	pthread_atfork(bump, NULL, NULL);
}

static void register_by_compat_symbol(void)
{
	int (*old)(void (*)(void), void (*)(void), void (*)(void)) =
		(int (*)(void (*)(void), void (*)(void), void (*)(void)))dlvsym(
			RTLD_DEFAULT, "pthread_atfork", "GLIBC_2.2.5");
	if (old)
		old(take_both, give_both, give_both);
}

/* ---- A mutex ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void lock_mutex(void)
{
	pthread_mutex_lock(&mutex);
}

static void unlock_mutex(void)
{
	pthread_mutex_unlock(&mutex);
}

static void init_mutex(void)
{
	pthread_mutex_init(&mutex, NULL);
}

/* As jemalloc does with one of its locks: re-initialised, and used at once. */
static void init_and_use_mutex(void)
{
	init_mutex();
	lock_mutex();
	unlock_mutex();
}

static void register_mutex(void)
{
	pthread_atfork(lock_mutex, unlock_mutex, unlock_mutex);
}

static void register_mutex_init(void)
{
	pthread_atfork(lock_mutex, unlock_mutex, init_and_use_mutex);
}

/* ---- Handlers that do not come back, or end the process ---- */

static void end_child(void)
{
	_exit(1);
}

static void register_child_end(void)
{
	pthread_atfork(NULL, NULL, end_child);
}

static void hang_in_child(void)
{
	fault_hang();
}

static void register_child_hang(void)
{
	pthread_atfork(NULL, NULL, hang_in_child);
}

const struct fault faults_atfork[] = {
	{.name = "atfork-twice", .at_start = register_twice},
	{.name = "atfork-left", .at_start = register_left},
	{.name = "atfork-mixed", .at_start = register_mixed},
	{.name = "atfork-late", .in_worker = register_right},
	{.name = "atfork-plain", .at_start = register_plain},
	{.name = "atfork-old", .at_start = register_by_compat_symbol},
	{.name = "atfork-mutex", .at_start = register_mutex},
	{.name = "atfork-mutex-init", .at_start = register_mutex_init},
	{.name = "atfork-no-parent", .at_start = register_without_parent},
	{.name = "atfork-child-end", .at_start = register_child_end},
	{.name = "atfork-child-hang", .at_start = register_child_hang},
	{0},
};
