/*
 * Throw-away copies. For a fork in a signal handler the interrupted thread is the one that forks,
 * and it may hang in it. So forklab makes a copy of the whole process at the fork point (the
 * stepped thread is the only one in it), sends the signal there, and lets the original go on.
 *
 * libc was not told of the copy, and that is the point: it goes on as in the original, with several
 * threads, as far as it knows.
 */
#include "twin.h"

#include "../common/runner.h"
#include "child.h"
#include "sweep_state.h"
#include "trial.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The trial that forklab prepared for this process, or NULL. */
static struct trial *my_trial(pid_t pid)
{
	for (int i = 0; i < SHM_TRIALS; i++) {
		struct trial *trial = &runner.shm->trial[i];
		if (atomic_load(&trial->parent_pid) == pid &&
			atomic_load(&trial->state) == TRIAL_AIMING)
			return trial;
	}
	return NULL;
}

bool twin_adopt(void)
{
	pid_t pid = (pid_t)syscall(SYS_getpid);
	if (!sweep_on() || pid == runner.pid)
		return false;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	struct trial *trial = my_trial(pid);
	if (!trial)
		_exit(RUNNER_BROKEN);
	runner.pid = pid;
	child_redirect_output(trial);
	trial_adopt(trial);
	return true;
}

void twin_finish_fork(struct task *interrupted, pid_t child)
{
	struct trial *trial = trial_current();
	trial->wait_status = trial_reap(child);
	/* From here on it is this process that forklab watches. */
	interrupted->activity = &trial->parent;
	interrupted->last_call = true;
	trial_set_state(trial, TRIAL_PARENT);
	/* Interrupted between two calls, or after the last one: nothing is left to come back to. */
	if (!trial->worker[interrupted->index].inside)
		twin_end(interrupted);
}

_Noreturn void twin_end(struct task *task)
{
	if (task->in_child)
		child_resumed();
	trial_set_state(trial_current(), TRIAL_DONE);
	_exit(RUNNER_OK);
}
