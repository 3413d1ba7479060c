/*
 * The runner's side of a sweep. One worker goes through the scenario's sequence and is stepped by
 * forklab meanwhile; it knows nothing of that. The main thread forks when it is asked to, and is at
 * rest otherwise: then it holds no lock and changes no memory.
 */
#include "runner.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A sweep has one worker; the main thread's actor is the next one. */
enum { STEPPED };

static struct sweep_line *line(void)
{
	return &runner.page->sweep;
}

bool sweep_on(void)
{
	return runner.page->plan.mode == MODE_SWEEP;
}

bool sweep_imitated(void)
{
	const struct plan *plan = &runner.page->plan;
	return plan->mode == MODE_BARE && plan->of_sweep;
}

bool sweep_resumes(void)
{
	const struct sequence *sequence = runner.scenario->sequence;
	if (!sweep_on() || !sequence->signal)
		return true;
	return trial_current()->where[STEPPED].inside;
}

void (*sweep_child(void))(struct actor *me)
{
	bool sweep = sweep_on() || sweep_imitated();
	const struct sequence *sequence = sweep ? runner.scenario->sequence : NULL;
	return sequence && sequence->child ? sequence->child : runner.scenario->child;
}

/* ---- The worker ---- */

static void sleep_for_ever(void)
{
	static _Atomic uint32_t never;
	for (;;)
		syscall(SYS_futex, &never, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

static void go_through(struct actor *worker)
{
	workers_introduce(worker);
	line()->stack_top = (uintptr_t)__builtin_frame_address(0);
	announce(&line()->ready, 1);
	wait_while(&line()->go, 0);
	atomic_store(&line()->begun, 1);
	runner.scenario->sequence->run(worker);
	atomic_store(&line()->over, 1);
}

static void *worker_main(void *argument)
{
	go_through(argument);
	if (!runner.scenario->sequence->thread_ends)
		sleep_for_ever();
	return NULL;
}

/* ---- The main thread ---- */

/* What the worker and the children find of another thread's. */
static void fill_main_blocks(struct actor *me)
{
	static const size_t sizes[] = {
		24, 100, 1000, 1500, 4000, 40000, 24, 100, 1000, 1500, 4000, 9000, 200000};
	for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		lab_block_new(me, &me->block[i], OP_MALLOC, sizes[i]);
}

static void describe(const struct sequence *sequence)
{
	line()->page = (uintptr_t)runner.page;
	line()->signal = sequence->signal;
	line()->thread_ends = sequence->thread_ends;
	line()->kind = sequence->signal ? SWEEP_SIGNAL : SWEEP_FORKER;
}

void sweep_prepare(void)
{
	const struct sequence *sequence = runner.scenario->sequence;
	uint64_t seed = runner.page->plan.seed;
	pthread_t thread;
	runner.workers = 1;
	if (!sequence) {
		announce(&line()->ready, 1);
		return;
	}
	block_write_little();
	actor_adopt(actor_main());
	actor_prepare(actor_main(), &runner.page->trial[0].parent, runner.workers, seed);
	actor_prepare(&actors[STEPPED], &line()->diary, STEPPED, seed);
	describe(sequence);
	if (sequence->first) {
		go_through(&actors[STEPPED]);
		actor_adopt(actor_main());
		return;
	}
	int error = sequence->crowd ? crowd_start() : 0;
	if (error)
		lab_broken("the crowd cannot be started", -error);
	fill_main_blocks(actor_main());
	error = pthread_create(&thread, NULL, worker_main, &actors[STEPPED]);
	if (error)
		lab_broken("the worker cannot be started", error);
}

void sweep_imitate(void)
{
	sweep_prepare();
	if (!runner.scenario->sequence)
		lab_broken("the scenario has no sequence to sweep", 0);
	announce(&line()->go, 1);
	while (!atomic_load(&line()->over))
		sched_yield();
}

static struct trial *trial_of(pid_t child)
{
	for (int i = 0; i < PAGE_TRIALS; i++) {
		struct trial *trial = &runner.page->trial[i];
		if (atomic_load(&trial->child_pid) == child &&
			atomic_load(&trial->state) == TRIAL_CHILD)
			return trial;
	}
	return NULL;
}

static void reap_the_dead(void)
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
	struct actor *me = actor_main();
	trial_adopt(trial);
	me->diary = &trial->parent;
	lab_fork(me);
	if (me->in_child)
		child_resumed();
}

/* The parent must still be able to allocate. */
static void finish(void)
{
	enum { UNITS = 20 };
	for (int i = 0; i < UNITS; i++)
		lab_mixed_work(actor_main());
	atomic_store(&runner.page->finished, 1);
}

void sweep_serve(void)
{
	for (uint32_t number = 0;; number++) {
		wait_while(&line()->request, number);
		reap_the_dead();
		if (line()->what == REQUEST_END)
			break;
		fork_for(&runner.page->trial[line()->place % PAGE_TRIALS]);
		announce(&line()->answered, number + 1);
	}
	finish();
}
