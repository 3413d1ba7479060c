/*
 * The runner's side of a sweep. One worker runs the scenario's sequence while forklab steps it. The
 * main thread forks on request and is idle otherwise: then it holds no lock and changes no memory.
 */
#include "modes.h"

#include "../common/runner.h"
#include "../common/runner_clock.h"
#include "../common/shm_futex.h"
#include "../trial/arena_fillers.h"
#include "../trial/block.h"
#include "../trial/child.h"
#include "../trial/task.h"
#include "../trial/trial.h"
#include "../trial/workers.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A sweep has one worker; the main thread's task is the next one. */
enum { STEPPED };

static struct shm_sweep *sweep_shm(void)
{
	return &runner.shm->sweep;
}

/* ---- The worker ---- */

static void sleep_forever(void)
{
	static _Atomic uint32_t never;
	for (;;)
		syscall(SYS_futex, &never, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

static void run_sequence(struct task *worker)
{
	workers_register(worker);
	if (runner.scenario->sequence->prepare)
		runner.scenario->sequence->prepare(worker);
	sweep_shm()->stack_top = (uintptr_t)__builtin_frame_address(0);
	shm_futex_store(&sweep_shm()->ready, 1);
	shm_futex_wait(&sweep_shm()->go, 0);
	atomic_store(&sweep_shm()->begun, 1);
	runner.scenario->sequence->run(worker);
	atomic_store(&sweep_shm()->over, 1);
}

static void *worker_main(void *argument)
{
	run_sequence(argument);
	if (!runner.scenario->sequence->thread_ends)
		sleep_forever();
	return NULL;
}

/* ---- The main thread ---- */

/* Another thread's blocks, for the worker and the children. */
static void fill_main_blocks(struct task *me)
{
	static const size_t sizes[] = {
		24, 100, 1000, 1500, 4000, 40000, 24, 100, 1000, 1500, 4000, 9000, 200000};
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		lab_block_new(me, &me->block[i], OP_MALLOC, sizes[i]);
}

static void describe(const struct sequence *sequence)
{
	sweep_shm()->shm = (uintptr_t)runner.shm;
	sweep_shm()->signal = sequence->signal;
	sweep_shm()->thread_ends = sequence->thread_ends;
	sweep_shm()->kind = sequence->signal ? SWEEP_SIGNAL : SWEEP_FORKER;
}

void sweep_prepare(void)
{
	const struct sequence *sequence = runner.scenario->sequence;
	uint64_t seed = runner.shm->plan.seed;
	pthread_t thread;
	runner.workers = 1;
	if (!sequence) {
		shm_futex_store(&sweep_shm()->ready, 1);
		return;
	}
	block_use_sparse_pattern();
	task_set_self(task_main());
	task_init(task_main(), &runner.shm->trial[0].parent, runner.workers, seed);
	task_init(&task_table[STEPPED], &sweep_shm()->activity, STEPPED, seed);
	describe(sequence);
	if (sequence->first) {
		run_sequence(&task_table[STEPPED]);
		task_set_self(task_main());
		return;
	}
	int error = sequence->fill_arenas ? arena_fillers_start() : 0;
	if (error)
		lab_broken("the arena fillers cannot be started", -error);
	fill_main_blocks(task_main());
	error = pthread_create(&thread, NULL, worker_main, &task_table[STEPPED]);
	if (error)
		lab_broken("the worker cannot be started", error);
}

void sweep_run_baseline(void)
{
	sweep_prepare();
	if (!runner.scenario->sequence)
		lab_broken("the scenario has no sequence to sweep", 0);
	shm_futex_store(&sweep_shm()->go, 1);
	while (!atomic_load(&sweep_shm()->over))
		sched_yield();
}

static struct trial *trial_of(pid_t child)
{
	for (int i = 0; i < SHM_TRIALS; i++) {
		struct trial *trial = &runner.shm->trial[i];
		if (atomic_load(&trial->child_pid) == child &&
			atomic_load(&trial->state) == TRIAL_CHILD)
			return trial;
	}
	return NULL;
}

static void reap_children(void)
{
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG | __WNOTHREAD)) > 0;) {
		struct trial *trial = trial_of(pid);
		if (!trial)
			continue;
		trial->wait_status = status;
		trial->end_ns = clock_ns();
		trial_set_state(trial, TRIAL_DONE);
	}
}

static void fork_for(struct trial *trial)
{
	struct task *me = task_main();
	trial_adopt(trial);
	me->activity = &trial->parent;
	lab_fork(me);
	if (me->in_child)
		child_resumed();
}

/* The parent must still be able to allocate. */
static void finish(void)
{
	enum { UNITS = 20 };
	for (int i = 0; i < UNITS; i++)
		lab_mixed_work(task_main());
	atomic_store(&runner.shm->finished, 1);
}

void mode_sweep(void)
{
	for (uint32_t number = 0;; number++) {
		shm_futex_wait(&sweep_shm()->request, number);
		reap_children();
		if (sweep_shm()->request_kind == REQUEST_END)
			break;
		fork_for(&runner.shm->trial[sweep_shm()->slot % SHM_TRIALS]);
		shm_futex_store(&sweep_shm()->answered, number + 1);
	}
	finish();
}
