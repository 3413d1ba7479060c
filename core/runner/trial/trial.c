/*
 * The trials of one cell. The main thread runs each of them: let the workers go, wait for the
 * moment, fork or trigger the fork, pause the workers, reap the child, check that the parent works.
 */
#include "trial.h"

#include "../common/recorder.h"
#include "../common/runner.h"
#include "../common/runner_clock.h"
#include "../common/subreaper.h"
#include "child.h"
#include "event_log.h"
#include "fork_method.h"
#include "recorder_state.h"
#include "sweep_state.h"
#include "task.h"
#include "twin.h"
#include "worker_pause.h"
#include "workers.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Nanoseconds. AIM_MAX: time limit for a worker to enter the allocator. AIM_SPREAD: an allocator
 * call takes from some hundred nanoseconds to some microseconds; the fork must be able to hit any
 * part of it. RANDOM_SPREAD: delay of an unaimed fork.
 */
enum { AIM_MAX = 300 * 1000, AIM_SPREAD = 3000, RANDOM_SPREAD = 50 * 1000 };

static struct trial *current;
static _Atomic uint32_t forked; /* futex: the forking thread is back in the parent */

struct trial *trial_current(void)
{
	return current ? current : &runner.shm->trial[0];
}

void trial_adopt(struct trial *trial)
{
	current = trial;
}

void trial_set_state(struct trial *trial, enum trial_state state)
{
	atomic_store_explicit(&trial->state, state, memory_order_release);
}

/* Later output is behind this offset. Parent and children share the file offset. */
static uint64_t output_position(void)
{
	off_t at = lseek(STDERR_FILENO, 0, SEEK_CUR);
	return at < 0 ? 0 : (uint64_t)at;
}

/* The next free entry of the ring; forklab frees them as it judges. */
static struct trial *claim(uint32_t number)
{
	struct trial *trial = &runner.shm->trial[number % SHM_TRIALS];
	while (atomic_load_explicit(&trial->state, memory_order_acquire) != TRIAL_FREE)
		clock_sleep(100 * 1000);
	memset(trial, 0, sizeof(*trial));
	trial->number = number;
	trial->workers = runner.workers;
	trial->begin_ns = clock_ns();
	trial->output_begin = output_position();
	return trial;
}

struct task *lab_aim(struct task *me)
{
	struct task *victim = NULL;
	if (sweep_on())
		return &task_table[0]; /* forklab has chosen the moment */
	if (runner.shm->plan.aim) {
		uint64_t give_up = clock_ns() + AIM_MAX;
		while (!(victim = workers_inside(me)) && clock_ns() < give_up)
			;
		clock_spin(lab_random_below(me, AIM_SPREAD));
	} else {
		clock_spin(lab_random_below(me, RANDOM_SPREAD));
	}
	return victim ? victim : &task_table[lab_random_below(me, runner.workers)];
}

static void await_fork(void)
{
	while (!atomic_load(&forked))
		syscall(SYS_futex, &forked, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

static void announce_fork(void)
{
	atomic_store(&forked, 1);
	syscall(SYS_futex, &forked, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void trial_forking(void)
{
	atomic_store(&current->forker_tid, (int32_t)syscall(SYS_gettid));
	current->aimed = workers_inside(NULL) != NULL;
	trial_set_state(current, TRIAL_FORKING);
}

void trial_forked(pid_t pid)
{
	atomic_store(&current->child_pid, pid);
	trial_set_state(current, TRIAL_CHILD);
	announce_fork();
}

bool lab_fork(struct task *task)
{
	const struct plan *plan = &runner.shm->plan;
	bool in_copy = twin_adopt();
	trial_forking();
	if (task->recorder)
		recorder_fork_begin(task->recorder);
	pid_t pid = method_fork(plan->method);
	if (pid == 0) {
		child_begin(task);
		return false;
	}
	if (task->recorder)
		recorder_fork_end(task->recorder, pid);
	worker_pause_begin();
	if (pid < 0)
		lab_broken("the fork failed", -pid);
	trial_forked(pid);
	if (in_copy)
		twin_finish_fork(task, pid);
	return true;
}

/* Forks, in the thread that the scenario wants. */
static void make_fork(const struct plan *plan)
{
	const struct scenario *scenario = runner.scenario;
	struct task *me = task_main();
	if (plan->mode == MODE_BASELINE) {
		lab_fork(me);
		if (me->in_child)
			child_resumed();
		return;
	}
	worker_pause_end();
	if (scenario->forker == FORKER_WORKER) {
		scenario->trigger();
		return;
	}
	if (runner.workers)
		lab_aim(me);
	if (scenario->fork)
		scenario->fork(me);
	else
		lab_fork(me);
	if (me->in_child)
		child_resumed();
}

int trial_reap(pid_t pid)
{
	int status;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			lab_broken("the child cannot be waited for", errno);
	return status;
}

/* A sweep does this once, at its end. */
static void check_parent(struct task *me)
{
	current->orphan_pid = subreaper_kill_orphans();
	trial_set_state(current, TRIAL_PARENT);
	/* Before this thread allocates: that might wake a worker that the fork has left asleep. */
	if (runner.shm->plan.mode == MODE_STRESS)
		worker_pause_await();
	lab_mixed_work(me);
}

static void trial_run(const struct plan *plan, uint32_t number)
{
	struct task *me = task_main();
	current = claim(number);
	task_init(me, &current->parent, runner.workers, plan->seed + number);
	atomic_store(&forked, 0);
	trial_set_state(current, TRIAL_AIMING);
	recorder_heap(EVENT_PARENT_BEFORE);
	recorder_fd_table(EVENT_PARENT_BEFORE);
	if (runner.scenario->prepare)
		runner.scenario->prepare(me);
	make_fork(plan);
	await_fork();
	current->wait_status = trial_reap(atomic_load(&current->child_pid));
	if (runner.scenario->child_reaped)
		runner.scenario->child_reaped(me, current->wait_status == RUNNER_OK);
	if (!sweep_is_baseline())
		check_parent(me);
	recorder_heap(EVENT_PARENT_AFTER);
	recorder_fd_table(EVENT_PARENT_AFTER);
	current->end_ns = clock_ns();
	current->output_end = output_position();
	trial_set_state(current, TRIAL_DONE);
}

void trials_run(void)
{
	const struct plan *plan = &runner.shm->plan;
	for (uint32_t n = plan->first_trial; n < plan->trials; n++) {
		if (atomic_load_explicit(&runner.shm->stop, memory_order_relaxed))
			break;
		trial_run(plan, n);
	}
	/* A worker's child would outlive this process, and be attributed to the last trial. */
	if (method_forked_concurrently())
		worker_pause_wait();
	atomic_store(&runner.shm->finished, 1);
}
