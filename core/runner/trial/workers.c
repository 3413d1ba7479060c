#include "workers.h"

#include "../common/runner.h"
#include "child.h"
#include "sweep_state.h"
#include "task.h"
#include "worker_pause.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Units of background work before the first trial: they allocate the task's blocks, and include the
 * thread's first allocation, which sets up its cache or heap.
 */
enum { WARM_UP_UNITS = 100 };

static pthread_t threads[SHM_WORKERS_MAX];

/*
 * Private memory on purpose: a child inherits these as they were when its memory was copied, so it
 * knows exactly what every worker was doing.
 */
static struct activity activities[SHM_WORKERS_MAX];

/* Workers that have warmed up and set lab_self(), which a signal handler needs. */
static _Atomic uint32_t ready;

static void warm_up(struct task *worker)
{
	task_set_self(worker);
	for (int unit = 0; unit < WARM_UP_UNITS; unit++)
		runner.scenario->work(worker);
}

void workers_register(struct task *worker)
{
	pid_t tid = (pid_t)syscall(SYS_gettid);
	task_set_self(worker);
	atomic_store(&worker->activity->tid, tid);
	atomic_store(&runner.shm->worker_self[worker->index], (uintptr_t)pthread_self());
	atomic_store(&runner.shm->worker_tid[worker->index], tid);
}

static void *worker_main(void *argument)
{
	struct task *worker = argument;
	workers_register(worker);
	warm_up(worker);
	atomic_fetch_add(&ready, 1);
	for (;;) {
		if (worker->in_child)
			child_resumed();
		worker_pause_point(worker);
		runner.scenario->work(worker);
	}
	return NULL;
}

static void *populate_main(void *argument)
{
	warm_up(argument);
	return NULL;
}

static void prepare(uint32_t index)
{
	task_init(&task_table[index], &activities[index], index, runner.shm->plan.seed);
}

/*
 * A main thread that forks gets one processor for itself, the workers share the others: on a small
 * machine busy workers would starve it for whole time slices. No effect with one processor.
 */
static void set_affinity(cpu_set_t *for_workers)
{
	cpu_set_t all;
	if (sched_getaffinity(0, sizeof(all), &all) != 0)
		return;
	*for_workers = all;
	if (CPU_COUNT(&all) < 2 || runner.scenario->main_sleeps)
		return;
	int first = 0;
	while (!CPU_ISSET(first, &all))
		first++;
	cpu_set_t mine;
	CPU_ZERO(&mine);
	CPU_SET(first, &mine);
	CPU_CLR(first, for_workers);
	sched_setaffinity(0, sizeof(mine), &mine);
}

int workers_start(void)
{
	cpu_set_t mask;
	CPU_ZERO(&mask);
	set_affinity(&mask);
	for (uint32_t i = 0; i < runner.workers; i++) {
		prepare(i);
		int error = pthread_create(&threads[i], NULL, worker_main, &task_table[i]);
		if (error)
			return -error;
		if (CPU_COUNT(&mask) > 0)
			pthread_setaffinity_np(threads[i], sizeof(mask), &mask);
	}
	while (atomic_load(&ready) < runner.workers)
		sched_yield();
	return 0;
}

int workers_populate(void)
{
	for (uint32_t i = 0; i < runner.workers; i++) {
		pthread_t thread;
		prepare(i);
		int error = pthread_create(&thread, NULL, populate_main, &task_table[i]);
		if (!error)
			error = pthread_join(thread, NULL);
		if (error)
			return -error;
	}
	return 0;
}

bool workers_warm(void)
{
	return sweep_on() || sweep_is_baseline() || atomic_load(&ready) >= runner.workers;
}

struct task *workers_inside(const struct task *me)
{
	for (uint32_t i = 0; i < runner.workers; i++) {
		struct task *worker = &task_table[i];
		if (worker != me &&
			atomic_load_explicit(&worker->activity->inside, memory_order_relaxed))
			return worker;
	}
	return NULL;
}

uint64_t workers_operations(void)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; i < runner.workers; i++)
		sum += atomic_load_explicit(&activities[i].progress, memory_order_relaxed);
	return sum;
}

void lab_signal(struct task *victim, int signal)
{
	int error = pthread_kill(threads[victim->index], signal);
	if (error)
		lab_broken("pthread_kill failed", error);
}

void lab_mixed_work(struct task *worker)
{
	static const enum heap_op how[] = {
		OP_MALLOC, OP_MALLOC, OP_MALLOC, OP_CALLOC, OP_ALIGNED_ALLOC};
	enum { CALLS = 2 };
	for (int i = 0; i < CALLS; i++) {
		struct block *block = &worker->block[lab_random_below(worker, TASK_BLOCKS)];
		if (!atomic_load_explicit(&block->live, memory_order_relaxed))
			lab_block_new(worker, block,
				how[lab_random_below(worker, sizeof(how) / sizeof(how[0]))],
				lab_mixed_size(worker));
		else if (lab_random_below(worker, 4) == 0)
			lab_block_resize(worker, block, lab_mixed_size(worker));
		else
			lab_block_free(worker, block);
	}
}
