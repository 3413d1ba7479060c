/*
 * A child that forks again. The new process continues the trial; the old one waits for it and exits
 * with its status, so that the end of the last generation is the end of the trial.
 */
#include "../common/runner.h"
#include "failure.h"
#include "fork_method.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t lab_fork_nested(struct task *me)
{
	lab_child_step(me, CHILD_STEP_DEEPER);
	pid_t old = getpid();
	pid_t pid = method_fork(runner.shm->plan.method);
	if (pid < 0)
		failure_exit(me, FAILURE_ENGINE, NULL, 0);
	if (pid > 0)
		return pid;
	/* fork() clears the setting; getppid() closes the race with an old process that died. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != old)
		_exit(RUNNER_BROKEN);
	atomic_store(&me->activity->pid, getpid());
	atomic_store(&me->activity->tid, (int32_t)syscall(SYS_gettid));
	return 0;
}

_Noreturn void lab_exit_as(pid_t pid)
{
	int status;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			_exit(RUNNER_BROKEN);
	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	signal(WTERMSIG(status), SIG_DFL);
	kill(getpid(), WTERMSIG(status));
	_exit(RUNNER_BROKEN);
}
