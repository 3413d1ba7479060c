#include "descendants.h"

#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CHILDREN_MAX = 1024, KILL_TIMEOUT_MS = 2000, DEPTH_MAX = 64 };

/*
 * Signals a whole tree, root last. Depth first, and stopped before it is killed, so that a fork
 * bomb does not run away from us between the listing and the signal.
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

static void sleep_1ms(void)
{
	static const struct timespec millisecond = {.tv_nsec = 1000 * 1000};
	clock_nanosleep(CLOCK_MONOTONIC, 0, &millisecond, NULL);
}

/* One round over our children: stop all, kill all, reap what has died. The number still there. */
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
			sleep_1ms();
	}
	return left;
}

/*
 * Our own children, as proc_children() would list them. This is asked every tick, so the file
 * stays open; it is close-on-exec and belongs to the process that first asked.
 */
static int own_children(pid_t *pids, int max)
{
	static int fd = -1;
	char text[CHILDREN_MAX * 8];
	if (fd < 0)
		fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : pread(fd, text, sizeof text - 1, 0);
	if (got < 0)
		return proc_children(getpid(), pids, max);
	text[got] = '\0';
	int count = 0;
	char *at = text, *end;
	for (long child; (child = strtol(at, &end, 10)) > 0 && end != at; at = end) {
		if (count < max)
			pids[count] = (pid_t)child;
		count++;
	}
	return count;
}

static bool is_zombie(pid_t pid)
{
	siginfo_t info = {0};
	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == pid;
}

int descendants_orphans(pid_t expected, pid_t *pids, int max)
{
	pid_t child[CHILDREN_MAX];
	int count = own_children(child, CHILDREN_MAX), orphans = 0;
	for (int i = 0; i < count && i < CHILDREN_MAX; i++) {
		if (child[i] == expected)
			continue;
		if (is_zombie(child[i])) {
			waitpid(child[i], NULL, 0);
			continue;
		}
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
