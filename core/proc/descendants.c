#include "descendants.h"

#include "monotonic.h"
#include "proc.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN_MAX = 1024, KILL_TIMEOUT_MS = 2000, DEPTH_MAX = 64 };

int descendants_become_subreaper(void)
{
	return prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 ? 0 : -errno;
}

/*
 * Signals a process and its descendants. SIGSTOP goes to a parent before its children are listed,
 * other signals after the children got them: callers stop a tree first, so that a fork bomb cannot
 * fork between the listing and the signal.
 */
static void signal_tree(pid_t root, int signal_number, int depth)
{
	pid_t child[CHILDREN_MAX];
	if (signal_number == SIGSTOP)
		kill(root, SIGSTOP);
	int count = depth < DEPTH_MAX ? proc_children(root, child, CHILDREN_MAX) : 0;
	for (int i = 0; i < count && i < CHILDREN_MAX; i++)
		signal_tree(child[i], signal_number, depth + 1);
	if (signal_number != SIGSTOP)
		kill(root, signal_number);
}

static void reap_dead(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

/* Stops all, kills all, and reaps the dead. Returns the number of children left. */
static int kill_round(void)
{
	pid_t child[CHILDREN_MAX];
	int count = proc_children(getpid(), child, CHILDREN_MAX);
	int listed = count < CHILDREN_MAX ? count : CHILDREN_MAX;
	for (int i = 0; i < listed; i++)
		signal_tree(child[i], SIGSTOP, 0);
	for (int i = 0; i < listed; i++)
		signal_tree(child[i], SIGKILL, 0);
	reap_dead();
	return proc_children(getpid(), NULL, 0);
}

int descendants_kill(void)
{
	int left = proc_children(getpid(), NULL, 0);
	for (int round = 0; left > 0 && round < KILL_TIMEOUT_MS; round++) {
		left = kill_round();
		if (left > 0)
			sleep_ns(NS_PER_MS);
	}
	return left;
}

/* Reaps the child if it is dead. */
static bool reap_dead_child(pid_t pid)
{
	siginfo_t info = {0};
	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG) == 0 && info.si_pid == pid;
}

int descendants_orphans(pid_t expected, pid_t *pids, int max)
{
	pid_t child[CHILDREN_MAX];
	int count = proc_own_children(child, CHILDREN_MAX), orphans = 0;
	for (int i = 0; i < count && i < CHILDREN_MAX; i++) {
		if (child[i] == expected || reap_dead_child(child[i]))
			continue;
		if (orphans < max)
			pids[orphans] = child[i];
		orphans++;
	}
	return orphans;
}

void descendants_kill_tree(pid_t root)
{
	signal_tree(root, SIGSTOP, 0);
	signal_tree(root, SIGKILL, 0);
	waitpid(root, NULL, WNOHANG);
}
