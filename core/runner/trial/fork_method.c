#include "fork_method.h"

#include "../common/runner.h"
#include "workers.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t with_fork(void)
{
	return fork();
}

static pid_t with__fork(void)
{
	return _Fork();
}

/*
 * Bypasses libc: no atfork handlers run, libc's locks are not reset, and libc still caches the
 * parent's thread id.
 */
static pid_t with_clone(void)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

static pid_t (*const method_call[METHOD_COUNT])(void) = {
	[METHOD_FORK] = with_fork,
	[METHOD__FORK] = with__fork,
	[METHOD_CLONE] = with_clone,
};

/* Set once a worker has forked. */
static _Atomic bool concurrent;

bool method_forked_concurrently(void)
{
	return atomic_load(&concurrent);
}

void lab_fork_concurrent(void)
{
	int status;
	/* A fork that loses a thread must not keep the first trial from beginning. */
	if (!workers_warm())
		return;
	atomic_store(&concurrent, true);
	pid_t pid = method_call[runner.shm->plan.method]();
	if (pid == 0)
		_exit(RUNNER_OK);
	while (pid > 0 && waitpid(pid, &status, __WNOTHREAD) < 0 && errno == EINTR)
		;
}

pid_t method_fork(enum fork_method method)
{
	pid_t pid = method_call[method]();
	return pid < 0 ? -errno : pid;
}
