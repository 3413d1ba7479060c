/*
 * Orphans of a child are reparented to the runner, which is a child subreaper. They are killed
 * before the next trial begins, so each can be attributed to a trial.
 */
#include "subreaper.h"

#include "runner.h"
#include "runner_clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Tries, a millisecond each: until an orphan ends by itself, and until all are dead. */
enum { GRACE_TRIES = 2, KILL_TRIES = 500 };

void subreaper_enable(void)
{
	/* On failure orphans go to forklab, which cannot attribute them as exactly. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* Reaps this thread's children; workers reap their own. True if one is still alive. */
static bool any_alive(void)
{
	pid_t pid;
	do
		pid = waitpid(-1, NULL, WNOHANG | __WNOTHREAD);
	while (pid > 0 || (pid < 0 && errno == EINTR));
	return pid == 0;
}

/* Returns the pid of the first, or 0. Orphans become children of the main thread. */
static pid_t kill_children(void)
{
	char path[64], text[4096];
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)runner.pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[got > 0 ? got : 0] = '\0';
	pid_t first = 0;
	char *at = text, *end;
	for (long pid; (pid = strtol(at, &end, 10)) > 0 && end != at; at = end) {
		first = first ? first : (pid_t)pid;
		kill((pid_t)pid, SIGKILL);
	}
	return first;
}

pid_t subreaper_kill_orphans(void)
{
	pid_t first = 0;
	for (int try = 0; any_alive() && try < KILL_TRIES; try++) {
		if (try >= GRACE_TRIES) {
			pid_t pid = kill_children();
			first = first ? first : pid;
		}
		clock_sleep(1000 * 1000);
	}
	return first;
}
