/*
 * Twins. For a fork in a signal handler the interrupted thread is the one that forks, and it may
 * hang. So forklab clones the whole process at the fork point (with the stepped thread only), sends
 * the signal to the clone, and lets the original continue.
 *
 * The clone bypasses libc on purpose: libc acts as in the original, as if all threads existed.
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
	/* From here on forklab watches this process. */
	interrupted->activity = &trial->parent;
	interrupted->last_call = true;
	trial_set_state(trial, TRIAL_PARENT);
	/* Interrupted outside of an allocator call: there is nothing to complete. */
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
