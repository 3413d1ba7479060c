/*
 * All code that runs in the forked child, except scenario and allocator. The rules are in
 * docs/child-rules.md: the allocator under test, async-signal-safe calls, atomic stores to the shm.
 */
#include "child.h"

#include "../common/crash_note.h"
#include "../common/recorder.h"
#include "../common/runner.h"
#include "event_log.h"
#include "recorder_state.h"
#include "sweep_state.h"
#include "task.h"
#include "trial.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The task whose interrupted call is completed after scenario.child, or NULL. */
static struct task *interrupted_task;

void child_set_pdeathsig(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Closes the race with a runner that died before prctl(). */
	if (getppid() != runner.pid)
		_exit(RUNNER_BROKEN);
}

/* What every worker was doing when this memory was copied, from their private activity records. */
static void child_store_worker_states(struct trial *trial)
{
	/* forklab has read it while the worker was stopped. */
	if (sweep_on())
		return;
	for (uint32_t i = 0; i < trial->workers; i++) {
		const struct activity *activity = task_table[i].activity;
		struct worker_state *worker = &trial->worker[i];
		worker->tid = atomic_load_explicit(&activity->tid, memory_order_relaxed);
		worker->op = atomic_load_explicit(&activity->op, memory_order_relaxed);
		worker->size = atomic_load_explicit(&activity->size, memory_order_relaxed);
		worker->inside = atomic_load_explicit(&activity->inside, memory_order_relaxed);
	}
}

static void child_start_task(struct trial *trial)
{
	atomic_store(&trial->child.pid, getpid());
	atomic_store(&trial->child.tid, (int32_t)syscall(SYS_gettid));
	/* In a sweep every child does the same: only the inherited memory may differ. */
	bool same = sweep_on() || sweep_is_baseline();
	uint64_t seed = runner.shm->plan.seed + (same ? 0 : trial->number);
	task_init(&child_task, &trial->child, 0x80, seed);
	child_task.in_child = true;
	lab_child_step(&child_task, CHILD_STEP_START);
}

/* exit(), not _exit(): handlers and destructors may go through the allocator as well. */
static _Noreturn void child_end(void)
{
	if (recorder_log()) {
		lab_child_step(&child_task, CHILD_STEP_LOOK);
		recorder_heap(EVENT_CHILD_AFTER);
		recorder_fd_table(EVENT_CHILD_AFTER);
	}
	lab_child_step(&child_task, CHILD_STEP_EXIT);
	exit(RUNNER_OK);
}

/* The interrupted call is completed in this process: its task uses the child's activity record. */
static void child_resume(struct trial *trial, struct task *interrupted)
{
	const struct activity *activity = interrupted->activity;
	bool stepped = sweep_on() && interrupted != task_main();
	const struct worker_state *worker = &trial->worker[0];
	atomic_store(&trial->child.op, stepped ? worker->op : atomic_load(&activity->op));
	atomic_store(&trial->child.size, stepped ? worker->size : atomic_load(&activity->size));
	atomic_store(
		&trial->child.inside, stepped ? worker->inside : atomic_load(&activity->inside));
	interrupted->activity = &trial->child;
	interrupted->in_child = true;
	recorder_use_child_track(interrupted->recorder);
	/* Only the interrupted call of the stepped thread is completed, not its whole sequence. */
	interrupted->last_call = stepped;
	lab_child_step(&child_task, CHILD_STEP_RESUME);
}

struct task *child_interrupted(void)
{
	return interrupted_task;
}

/*
 * The child inherits the runner's file offset, which all children share. Best effort: without this
 * the output of two children may be mixed up.
 */
void child_redirect_output(const struct trial *trial)
{
	int fd = open("/proc/self/fd/2", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (lseek(fd, (off_t)trial->output_begin, SEEK_SET) >= 0)
		dup2(fd, STDERR_FILENO);
	close(fd);
}

void child_begin(struct task *interrupted)
{
	struct trial *trial = trial_current();
	bool bare = runner.shm->plan.mode == MODE_BASELINE && !sweep_is_baseline();
	bool resumes = runner.scenario->child_resumed && !bare && sweep_resumes();
	interrupted_task = resumes ? interrupted : NULL;
	child_set_pdeathsig();
	crash_note_end();
	if (trial->exits_at_once)
		_exit(RUNNER_OK);
	if (sweep_on())
		child_redirect_output(trial);
	/* This thread was another task's in the parent, and may hold locks from there. */
	if (lab_self())
		recorder_use_child_track(lab_self()->recorder);
	recorder_inherit();
	recorder_fd_table(EVENT_CHILD_BEFORE);
	child_store_worker_states(trial);
	child_start_task(trial);
	sweep_child()(&child_task);
	if (!resumes)
		child_end();
	child_resume(trial, interrupted);
}

_Noreturn void child_resumed(void)
{
	runner.scenario->child_resumed(&child_task);
	child_end();
}

void lab_pid_changed(struct task *me)
{
	(void)me;
	atomic_fetch_add_explicit(&trial_current()->pid_changes, 1, memory_order_relaxed);
}
