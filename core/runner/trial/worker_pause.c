/*
 * Pauses workers between units of work. Workers that run while a child is tested would only compete
 * with it for processors, and do not affect it any more.
 *
 * The futex is private and untimed on purpose: a paused worker is provably blocked, so a stuck
 * parent can be proven stuck.
 */
#include "worker_pause.h"

#include "../common/runner.h"
#include "../common/runner_clock.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Atomic uint32_t pausing = 1;
static _Atomic uint32_t waiting;

void worker_pause_end(void)
{
	atomic_store(&pausing, 0);
	if (atomic_load(&waiting))
		syscall(SYS_futex, &pausing, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

void worker_pause_begin(void)
{
	atomic_store(&pausing, 1);
}

uint32_t worker_pause_wait(void)
{
	enum { TRIES = 100 };
	for (int try = 0; try < TRIES && atomic_load(&waiting) < runner.workers; try++)
		clock_sleep(1000 * 1000);
	uint32_t there = atomic_load(&waiting);
	return there < runner.workers ? runner.workers - there : 0;
}

/* forklab examines the parent: stay out of the allocator until the request is withdrawn. */
static void obey_pause_request(uint32_t index)
{
	_Atomic uint32_t *paused = &runner.shm->paused[index];
	for (uint32_t request; (request = atomic_load(&runner.shm->pause_request)) != 0;) {
		atomic_store(paused, request);
		clock_sleep(500 * 1000);
	}
}

void worker_pause_point(struct task *worker)
{
	for (;;) {
		if (atomic_load_explicit(&runner.shm->pause_request, memory_order_relaxed))
			obey_pause_request(worker->index);
		if (!atomic_load_explicit(&pausing, memory_order_acquire))
			return;
		atomic_fetch_add(&waiting, 1);
		syscall(SYS_futex, &pausing, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
		atomic_fetch_sub(&waiting, 1);
	}
}
