/* The parent's side of the measured children. The background threads are idle. */
#include "cost_children.h"

#include "../common/runner.h"
#include "../common/runner_clock.h"
#include "../common/shm_futex.h"
#include "../trial/fork_method.h"
#include "cost_child.h"
#include "cost_clock.h"
#include "cost_shm_attach.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child works for less than a millisecond, and then unmaps its memory. */
enum { TIMEOUT_MS = 8000 };

bool cost_child_reap(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0), status = 0;
	struct pollfd end = {.fd = fd, .events = POLLIN};
	if (fd < 0)
		lab_broken("a child cannot be watched", errno);
	int ready;
	do
		ready = poll(&end, 1, TIMEOUT_MS);
	while (ready < 0 && errno == EINTR);
	close(fd);
	if (ready == 0) {
		kill(pid, SIGKILL);
		cost_shm->hung++;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			lab_broken("a child cannot be waited for", errno);
	if (ready > 0 && status != RUNNER_OK)
		cost_shm->failed++;
	return ready > 0 && status == RUNNER_OK;
}

bool cost_children_ok(void)
{
	return cost_shm->hung == 0 && cost_shm->failed == 0;
}

pid_t cost_child_fork(struct cost_child *child, uint32_t go, void (*run)(struct cost_child *))
{
	memset(child, 0, sizeof(*child));
	atomic_store(&child->go, go);
	cost_next_child = child;
	pid_t pid = method_fork((enum fork_method)runner.shm->plan.method);
	if (pid == 0)
		run(child);
	cost_next_child = NULL;
	if (pid < 0)
		lab_broken("the fork failed", -pid);
	return pid;
}

bool cost_child_has_exited(pid_t pid)
{
	siginfo_t info = {0};
	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid;
}

bool cost_child_wait_stage(pid_t pid, struct cost_child *child, enum cost_stage stage)
{
	uint64_t give_up = cost_clock() + TIMEOUT_MS * UINT64_C(1000000);
	while (atomic_load(&child->stage) < (uint32_t)stage) {
		if (cost_child_has_exited(pid) || cost_clock() > give_up)
			return false;
		clock_sleep(50 * 1000);
	}
	return true;
}

bool cost_child_advance(pid_t pid, struct cost_child *child, enum cost_stage stage)
{
	shm_futex_store(&child->go, stage);
	return cost_child_wait_stage(pid, child, stage);
}
