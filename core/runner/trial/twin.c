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
#include "fork_method.h"
#include "sweep_state.h"
#include "trial.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
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

static bool adopted; /* this is a twin, and has taken its trial */

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
	adopted = true;
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

/* ---- A fork that a signal handler interrupts ---- */

void lab_handler_begins(struct task *task)
{
	if (!twin_adopt())
		return;
	/* The activity record of the original is in the shm, and stays as it is. */
	task->activity = &trial_current()->parent;
	trial_forking();
}

/* Made after the system call, a twin finds the child of the original. */
static bool is_mine(pid_t child)
{
	siginfo_t info;
	return waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/*
 * The signal may be blocked until fork() has made the child: that one was not a trial's, and exits
 * at once with this status.
 */
enum { NOT_OF_A_TRIAL = 96 };

/* The rest of an interrupted fork's trial: the child, and then the parent, can still allocate. */
static _Noreturn void finish_interrupted(struct task *task, pid_t child)
{
	struct trial *trial = trial_current();
	trial->childless = child <= 0 || !is_mine(child);
	if (!trial->childless) {
		trial_forked(child);
		trial->wait_status = trial_reap(child);
		trial->childless = WIFEXITED(trial->wait_status) &&
				   WEXITSTATUS(trial->wait_status) == NOT_OF_A_TRIAL;
	}
	trial_set_state(trial, TRIAL_PARENT);
	lab_mixed_work(task);
	twin_end(task);
}

void lab_fork_interrupted(struct task *worker)
{
	int status;
	pid_t pid = method_fork((enum fork_method)runner.shm->plan.method);
	if (pid == 0 && !adopted)
		_exit(NOT_OF_A_TRIAL);
	if (pid == 0)
		child_begin(worker);
	/* A signal may come as late as here. */
	while (!adopted && pid > 0 && waitpid(pid, &status, __WNOTHREAD) < 0 && errno == EINTR)
		;
	if (adopted)
		finish_interrupted(worker, pid);
}
