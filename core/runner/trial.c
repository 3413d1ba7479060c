/*
 * The trials of one cell. The main thread leads each of them: open the gate, wait for the moment,
 * have the fork made, close the gate, reap the child, see that the parent still works.
 */
#include "recorder.h"
#include "recorder_state.h"
#include "runner.h"

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
	return current ? current : &runner.page->trial[0];
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
	struct trial *trial = &runner.page->trial[number % PAGE_TRIALS];
	while (atomic_load_explicit(&trial->state, memory_order_acquire) != TRIAL_FREE)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
	memset(trial, 0, sizeof *trial);
	trial->number = number;
	trial->workers = runner.workers;
	trial->begin_ns = clock_ns();
	trial->output_begin = output_position();
	return trial;
}

struct actor *lab_aim(struct actor *me)
{
	struct actor *victim = NULL;
	if (sweep_on())
		return &actors[0]; /* forklab has chosen the moment */
	if (runner.page->plan.aim) {
		uint64_t give_up = clock_ns() + AIM_MAX;
		while (!(victim = workers_inside(me)) && clock_ns() < give_up)
			;
		clock_spin(lab_below(me, AIM_SPREAD));
	} else {
		clock_spin(lab_below(me, RANDOM_SPREAD));
	}
	return victim ? victim : &actors[lab_below(me, runner.workers)];
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

bool lab_fork(struct actor *actor)
{
	const struct plan *plan = &runner.page->plan;
	bool in_copy = copy_adopt();
	struct trial *trial = current;
	trial_forking();
	if (actor->recorder)
		record_fork_begin(actor->recorder);
	pid_t pid = method_fork(plan->method);
	if (pid == 0) {
		child_begin(actor);
		return false;
	}
	if (actor->recorder)
		record_fork_end(actor->recorder, pid);
	gate_close();
	if (pid < 0)
		lab_broken("the fork failed", -pid);
	if (!in_copy) {
		trial_forked(pid);
		return true;
	}
	atomic_store(&trial->child_pid, pid);
	trial_set_state(trial, TRIAL_CHILD);
	copy_finish_fork(actor, pid);
	return true;
}

/* Has the fork made, by whichever thread the scenario wants. */
static void make_fork(const struct plan *plan)
{
	const struct scenario *scenario = runner.scenario;
	struct actor *me = actor_main();
	if (plan->mode == MODE_BARE) {
		lab_fork(me);
		if (me->in_child)
			child_resumed();
		return;
	}
	gate_open();
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
static void look_after_parent(struct actor *me)
{
	current->stray_pid = strays_end();
	trial_set_state(current, TRIAL_PARENT);
	lab_mixed_work(me);
}

static void trial_run(const struct plan *plan, uint32_t number)
{
	struct actor *me = actor_main();
	current = claim(number);
	actor_prepare(me, &current->parent, runner.workers, plan->seed + number);
	atomic_store(&forked, 0);
	trial_set_state(current, TRIAL_AIMING);
	look_at_heap(TRACE_PARENT_BEFORE);
	look_at_files(TRACE_PARENT_BEFORE);
	if (runner.scenario->prepare)
		runner.scenario->prepare(me);
	make_fork(plan);
	await_fork();
	current->wait_status = trial_reap(atomic_load(&current->child_pid));
	if (runner.scenario->ended)
		runner.scenario->ended(me, current->wait_status == RUNNER_OK);
	if (!sweep_imitated())
		look_after_parent(me);
	look_at_heap(TRACE_PARENT_AFTER);
	look_at_files(TRACE_PARENT_AFTER);
	current->end_ns = clock_ns();
	current->output_end = output_position();
	trial_set_state(current, TRIAL_DONE);
}

void trials_run(void)
{
	const struct plan *plan = &runner.page->plan;
	for (uint32_t n = plan->first_trial; n < plan->trials; n++) {
		if (atomic_load_explicit(&runner.page->stop, memory_order_relaxed))
			break;
		trial_run(plan, n);
	}
	/* A worker's own child would outlive this process, and be taken for the last trial's. */
	if (methods_forked_aside())
		gate_await();
	atomic_store(&runner.page->finished, 1);
}
