/*
 * All that runs in the forked child outside of scenario and allocator. The rules are in
 * docs/child-rules.md: the allocator under test, async-signal-safe calls, atomic stores to the
 * page.
 */
#include "recorder.h"
#include "recorder_state.h"
#include "runner.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The actor whose call goes on in this child after scenario.child; NULL: none does. */
static struct actor *interrupted_actor;

void child_die_with_runner(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Closes the race with a runner that died in between. */
	if (getppid() != runner.pid)
		_exit(RUNNER_CANNOT);
}

/* Where every worker was when this memory was copied: their diaries are private to the runner. */
static void child_tell_places(struct trial *trial)
{
	/* forklab has looked itself, while the worker stood still. */
	if (sweep_on())
		return;
	for (uint32_t i = 0; i < trial->workers; i++) {
		const struct diary *diary = actors[i].diary;
		struct place *place = &trial->where[i];
		place->tid = atomic_load_explicit(&diary->tid, memory_order_relaxed);
		place->op = atomic_load_explicit(&diary->op, memory_order_relaxed);
		place->size = atomic_load_explicit(&diary->size, memory_order_relaxed);
		place->inside = atomic_load_explicit(&diary->inside, memory_order_relaxed);
	}
}

static void child_introduce(struct trial *trial)
{
	atomic_store(&trial->child.pid, getpid());
	atomic_store(&trial->child.tid, (int32_t)syscall(SYS_gettid));
	/* In a sweep every child does the same: only the inherited memory shall make a difference.
	 */
	bool same = sweep_on() || sweep_imitated();
	uint64_t seed = runner.page->plan.seed + (same ? 0 : trial->number);
	actor_prepare(&child_actor, &trial->child, 0x80, seed);
	child_actor.in_child = true;
	lab_step(&child_actor, STEP_START);
}

/* exit(), not _exit(): handlers and destructors may go through the allocator as well. */
static _Noreturn void child_end(void)
{
	if (record_trace()) {
		lab_step(&child_actor, STEP_LOOK);
		look_at_heap(TRACE_CHILD_AFTER);
		look_at_files(TRACE_CHILD_AFTER);
	}
	lab_step(&child_actor, STEP_EXIT);
	exit(RUNNER_OK);
}

/* The interrupted call goes on in this process: from now on its diary is the child's. */
static void child_resume(struct trial *trial, struct actor *interrupted)
{
	const struct diary *diary = interrupted->diary;
	bool stepped = sweep_on() && interrupted != actor_main();
	const struct place *place = &trial->where[0];
	atomic_store(&trial->child.op, stepped ? place->op : atomic_load(&diary->op));
	atomic_store(&trial->child.size, stepped ? place->size : atomic_load(&diary->size));
	atomic_store(&trial->child.inside, stepped ? place->inside : atomic_load(&diary->inside));
	interrupted->diary = &trial->child;
	interrupted->in_child = true;
	record_move(interrupted->recorder);
	/* The stepped thread's sequence would go on for long; its call is all that matters. */
	interrupted->last_call = stepped;
	lab_step(&child_actor, STEP_RESUME);
}

struct actor *child_interrupted(void)
{
	return interrupted_actor;
}

/*
 * Its own place in the output instead of the one that it shares with the runner. Best effort:
 * without it the words of two children may be mixed up.
 */
void child_speak_apart(const struct trial *trial)
{
	int fd = open("/proc/self/fd/2", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (lseek(fd, (off_t)trial->output_begin, SEEK_SET) >= 0)
		dup2(fd, STDERR_FILENO);
	close(fd);
}

void child_begin(struct actor *interrupted)
{
	struct trial *trial = trial_current();
	bool bare = runner.page->plan.mode == MODE_BARE && !sweep_imitated();
	bool resumes = runner.scenario->child_resumed && !bare && sweep_resumes();
	interrupted_actor = resumes ? interrupted : NULL;
	child_die_with_runner();
	if (trial->brief)
		_exit(RUNNER_OK);
	if (sweep_on())
		child_speak_apart(trial);
	/* This thread was another actor's in the parent, and may hold locks from there. */
	if (lab_self())
		record_move(lab_self()->recorder);
	record_inheritance();
	look_at_files(TRACE_CHILD_BEFORE);
	child_tell_places(trial);
	child_introduce(trial);
	sweep_child()(&child_actor);
	if (!resumes)
		child_end();
	child_resume(trial, interrupted);
}

_Noreturn void child_resumed(void)
{
	runner.scenario->child_resumed(&child_actor);
	child_end();
}

void lab_pid_changed(struct actor *me)
{
	(void)me;
	atomic_fetch_add_explicit(&trial_current()->pid_changes, 1, memory_order_relaxed);
}
