/*
 * The trials of one cell. The main thread leads each of them: open the gate, wait for the moment,
 * have the fork made, close the gate, reap the child, see that the parent still works.
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
#include <time.h>
#include <unistd.h>

/*
 * Nanoseconds. AIM_MAX: no worker came by, fork anyway. AIM_SPREAD: a call into an allocator takes
 * some hundred nanoseconds up to some microseconds, the fork shall land anywhere in it.
 * RANDOM_SPREAD: the unaimed fork's moment.
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

/* What is printed from now on stands behind it. Parent and children share the descriptor. */
static uint64_t output_position(void)
{
	off_t at = lseek(STDERR_FILENO, 0, SEEK_CUR);
	return at < 0 ? 0 : (uint64_t)at;
}

/* The next free entry of the ring; forklab frees them as it judges. */
static struct trial *claim(uint32_t number)
{
	static const struct timespec nap = {.tv_nsec = 100 * 1000};
	struct trial *trial = &runner.shm->trial[number % SHM_TRIALS];
	while (atomic_load_explicit(&trial->state, memory_order_acquire) != TRIAL_FREE)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
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
	struct trial *trial = current;
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
	if (!in_copy) {
		trial_forked(pid);
		return true;
	}
	atomic_store(&trial->child_pid, pid);
	trial_set_state(trial, TRIAL_CHILD);
	twin_finish_fork(task, pid);
	return true;
}

/* Has the fork made, by whichever thread the scenario wants. */
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

/* A sweep does that once, at its end. */
static void check_parent(struct task *me)
{
	current->orphan_pid = subreaper_kill_orphans();
	trial_set_state(current, TRIAL_PARENT);
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
	/* A worker's own child would outlive this process, and be taken for the last trial's. */
	if (method_forked_concurrently())
		worker_pause_wait();
	atomic_store(&runner.shm->finished, 1);
}
