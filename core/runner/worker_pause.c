/*
 * The gate in front of every unit of work. Workers that ran while a child is tested would only
 * steal its processor, and the child cannot see them any more.
 *
 * The futex is private and untimed on purpose: a worker parked here is provably asleep, so a stuck
 * parent can be proven stuck.
 */
#include "runner.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static _Atomic uint32_t closed = 1;
static _Atomic uint32_t waiting;

void gate_open(void)
{
	atomic_store(&closed, 0);
	if (atomic_load(&waiting))
		syscall(SYS_futex, &closed, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

void gate_close(void)
{
	atomic_store(&closed, 1);
}

uint32_t gate_await(void)
{
	enum { LOOKS = 100 };
	static const struct timespec nap = {.tv_nsec = 1000 * 1000};
	for (int look = 0; look < LOOKS && atomic_load(&waiting) < runner.workers; look++)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
	uint32_t there = atomic_load(&waiting);
	return there < runner.workers ? runner.workers - there : 0;
}

/* forklab wants to look at the parent: stay out of the allocator until it has seen enough. */
static void stay_out(uint32_t index)
{
	static const struct timespec nap = {.tv_nsec = 500 * 1000};
	_Atomic uint32_t *parked = &runner.page->parked[index];
	for (uint32_t request; (request = atomic_load(&runner.page->hold)) != 0;) {
		atomic_store(parked, request);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
	}
}

void gate_pass(struct actor *worker)
{
	for (;;) {
		if (atomic_load_explicit(&runner.page->hold, memory_order_relaxed))
			stay_out(worker->index);
		if (!atomic_load_explicit(&closed, memory_order_acquire))
			return;
		atomic_fetch_add(&waiting, 1);
		syscall(SYS_futex, &closed, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
		atomic_fetch_sub(&waiting, 1);
	}
}
