#include "external_tool.h"

#include "ascii.h"
#include "child_setup.h"
#include "descendants.h"
#include "interrupt.h"
#include "monotonic.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STDIN, STDOUT, STDERR, STREAMS, STDERR_LINE_MAX = 160 };

/* ---- Finding it ---- */

static bool is_program(const char *path)
{
	struct stat file;
	return stat(path, &file) == 0 && S_ISREG(file.st_mode) && access(path, X_OK) == 0;
}

bool external_tool_exists(const char *name)
{
	const char *path = getenv("PATH");
	char file[PATH_MAX];
	if (strchr(name, '/'))
		return is_program(name);
	while (path && *path) {
		size_t length = strcspn(path, ":");
		/* An empty element is the current directory. */
		if (snprintf(file, sizeof(file), "%.*s%s%s", (int)length, path, length ? "/" : "",
			    name) < (int)sizeof(file) &&
			is_program(file))
			return true;
		path += length + (path[length] == ':');
	}
	return false;
}

/* ---- Its input and output ---- */

/* A memfd that is not a standard descriptor: child_streams() overwrites those. */
static int anonymous_file(void)
{
	int fd = memfd_create("forklab-tool", MFD_CLOEXEC);
	int moved = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (fd >= 0)
		(void)close(fd);
	return moved;
}

static int write_input(int fd, const char *text, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t got = pwrite(fd, text + done, size - done, (off_t)done);
		if (got < 0 && errno != EINTR)
			return -errno;
		done += got > 0 ? (size_t)got : 0;
	}
	return 0;
}

static int read_output(int fd, struct external_tool_output *output)
{
	struct stat file;
	if (fstat(fd, &file) != 0)
		return -errno;
	size_t size = (size_t)file.st_size;
	char *text = malloc(size + 1);
	if (!text)
		return -ENOMEM;
	if (pread(fd, text, size, 0) != (ssize_t)size) {
		free(text);
		return -EIO;
	}
	text[size] = '\0';
	*output = (struct external_tool_output){text, size};
	return 0;
}

static void close_all(const int fd[STREAMS])
{
	for (int i = 0; i < STREAMS; i++)
		if (fd[i] >= 0)
			(void)close(fd[i]);
}

static int open_all(
	const struct external_tool *tool, int fd[STREAMS], const char *input, size_t size)
{
	int status = 0;
	for (int i = 0; i < STREAMS; i++) {
		fd[i] = i == STDERR && tool->shows_errors
				? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
				: anonymous_file();
		if (fd[i] < 0 && status == 0)
			status = -errno;
	}
	return status == 0 ? write_input(fd[STDIN], input, size) : status;
}

/* ---- Its process ---- */

static bool child_prepare(const struct external_tool *tool, const int fd[STREAMS], pid_t parent)
{
	return child_new_session(parent) && child_limit(RLIMIT_FSIZE, tool->output_max) &&
	       child_unblock_signals() && child_streams(fd[STDIN], fd[STDOUT], fd[STDERR]) &&
	       (!tool->env || putenv((char *)tool->env) == 0);
}

static _Noreturn void child_main(
	const struct external_tool *tool, const int fd[STREAMS], pid_t parent)
{
	static const char why[] = "it cannot be started\n";
	if (child_prepare(tool, fd, parent))
		(void)execvp(tool->argv[0], (char *const *)tool->argv);
	(void)!write(fd[STDERR], why, sizeof(why) - 1);
	_exit(127);
}

static int start(const struct external_tool *tool, const int fd[STREAMS], pid_t *pid)
{
	pid_t parent = getpid();
	if (!external_tool_exists(tool->argv[0]))
		return -ENOENT;
	*pid = fork();
	if (*pid == 0)
		child_main(tool, fd, parent);
	return *pid < 0 ? -errno : 0;
}

/* Waits for its end, without reaping it. */
static int await_exit(pid_t pid, unsigned timeout_ms)
{
	uint64_t end = monotonic_ns() + (uint64_t)timeout_ms * NS_PER_MS;
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), status = 0;
	if (pidfd < 0)
		return -errno;
	struct pollfd fds[] = {
		{.fd = pidfd, .events = POLLIN},
		{.fd = interrupt_fd(), .events = POLLIN},
	};
	while (status == 0 && !(fds[0].revents & POLLIN)) {
		uint64_t now = monotonic_ns();
		if (fds[1].revents & POLLIN && interrupt_arrived())
			status = -EINTR;
		else if (now >= end)
			status = -ETIMEDOUT;
		else if (poll(fds, 2, (int)((end - now) / NS_PER_MS) + 1) < 0 && errno != EINTR)
			status = -errno;
	}
	(void)close(pidfd);
	return status;
}

/* Waits for its end or kills it; then kills what it has started. */
static int wait_or_kill(const struct external_tool *tool, pid_t pid, int *wait_status)
{
	int status = await_exit(pid, tool->timeout_ms);
	if (status != 0)
		descendants_kill_tree(pid);
	/* Kills what is left of its process group; the id cannot be reused before it is reaped. */
	else
		(void)kill(-pid, SIGKILL);
	while (waitpid(pid, wait_status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* ---- Errors ---- */

/* The last line of its standard error, sanitized. */
static void last_stderr_line(int fd, char *line, size_t size)
{
	char text[4096];
	off_t end = lseek(fd, 0, SEEK_END);
	off_t from = end > (off_t)sizeof(text) - 1 ? end - ((off_t)sizeof(text) - 1) : 0;
	ssize_t got = pread(fd, text, sizeof(text) - 1, from);
	char *begin;
	line[0] = '\0';
	text[got > 0 ? got : 0] = '\0';
	for (size_t used = strlen(text); used && strchr("\n\r\t ", text[used - 1]);)
		text[--used] = '\0';
	begin = strrchr(text, '\n');
	begin = begin ? begin + 1 : text;
	begin += strspn(begin, " \t");
	ascii_sanitize(line, size, begin, strlen(begin));
}

static int format_error(const struct external_tool *tool, int status, int wait_status,
	int stderr_fd, char *error, size_t size)
{
	const char *name = tool->argv[0];
	char line[STDERR_LINE_MAX] = "";
	if (!tool->shows_errors)
		last_stderr_line(stderr_fd, line, sizeof(line));
	if (status == -EINTR)
		(void)snprintf(error, size, "interrupted while %s was running", name);
	else if (status == -ETIMEDOUT)
		(void)snprintf(error, size, "%s did not finish within %.3g s", name,
			tool->timeout_ms / 1000.0);
	else if (status != 0)
		(void)snprintf(error, size, "%s cannot be run: %s", name, strerror(-status));
	else if (WIFSIGNALED(wait_status))
		(void)snprintf(error, size, "%s died of signal %d (%s)", name,
			WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)));
	else
		(void)snprintf(error, size, "%s failed with status %d%s%s", name,
			WEXITSTATUS(wait_status), *line ? ": " : "", line);
	return status != 0 ? status : -EPROTO;
}

int external_tool_run(const struct external_tool *tool, const char *input, size_t size,
	struct external_tool_output *output, char *error, size_t error_size)
{
	int fd[STREAMS], wait_status = 0;
	int status = open_all(tool, fd, input, size);
	pid_t pid = -1;
	*output = (struct external_tool_output){0};
	/* Consumes an earlier interrupt, which has been handled: only a new one counts. */
	(void)interrupt_received();
	if (status == 0)
		status = start(tool, fd, &pid);
	if (status == 0)
		status = wait_or_kill(tool, pid, &wait_status);
	if (status == 0 && wait_status == 0)
		status = read_output(fd[STDOUT], output);
	if (status != 0 || wait_status != 0)
		status = format_error(tool, status, wait_status, fd[STDERR], error, error_size);
	close_all(fd);
	return status;
}

void external_tool_output_free(struct external_tool_output *output)
{
	free(output->text);
	*output = (struct external_tool_output){0};
}
