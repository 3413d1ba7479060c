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

static _Atomic uint32_t pausing = 1; /* futex */
static _Atomic uint32_t waiting;
static _Atomic uint32_t paused[SHM_WORKERS_MAX]; /* 1: outside of the allocator */
static _Atomic uint32_t arrivals;                /* futex: grows with each worker that pauses */
static _Atomic uint32_t awaited;                 /* 1: the main thread waits for the next one */

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

/*
 * Waits for that worker. Untimed on purpose: if it never comes, this thread is provably blocked,
 * and forklab examines the worker.
 */
static void await_worker(uint32_t index)
{
	atomic_store(&awaited, 1);
	for (;;) {
		uint32_t seen = atomic_load(&arrivals);
		if (atomic_load(&paused[index]))
			break;
		syscall(SYS_futex, &arrivals, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
	}
	atomic_store(&awaited, 0);
}

void worker_pause_await(void)
{
	struct shm *shm = runner.shm;
	for (uint32_t i = 0; i < runner.workers; i++) {
		if (atomic_load(&paused[i]))
			continue;
		atomic_store(&shm->awaited_tid, atomic_load(&shm->worker_tid[i]));
		await_worker(i);
	}
	atomic_store(&shm->awaited_tid, 0);
}

/* forklab examines the parent: stay out of the allocator until the request is withdrawn. */
static void obey_pause_request(uint32_t index)
{
	_Atomic uint32_t *answer = &runner.shm->paused[index];
	for (uint32_t request; (request = atomic_load(&runner.shm->pause_request)) != 0;) {
		atomic_store(answer, request);
		clock_sleep(500 * 1000);
	}
}

/* Before the main thread is told, it sees that the worker has paused: it reads in reverse order. */
static void arrive(uint32_t index)
{
	atomic_store(&paused[index], 1);
	atomic_fetch_add(&waiting, 1);
	atomic_fetch_add(&arrivals, 1);
	if (atomic_load(&awaited))
		syscall(SYS_futex, &arrivals, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void depart(uint32_t index)
{
	atomic_fetch_sub(&waiting, 1);
	atomic_store(&paused[index], 0);
}

void worker_pause_point(struct task *worker)
{
	for (;;) {
		bool asked = atomic_load_explicit(&runner.shm->pause_request, memory_order_relaxed);
		if (!asked && !atomic_load_explicit(&pausing, memory_order_acquire))
			return;
		/* A worker that obeys forklab has paused as well: the main thread may go on. */
		arrive(worker->index);
		if (asked)
			obey_pause_request(worker->index);
		else
			syscall(SYS_futex, &pausing, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
		depart(worker->index);
	}
}
