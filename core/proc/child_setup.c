#include "child_setup.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

bool child_new_session(pid_t parent)
{
	return setsid() >= 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

bool child_unblock_signals(void)
{
	sigset_t none;
	sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

bool child_limit(int resource, rlim_t value)
{
	const struct rlimit limit = {.rlim_cur = value, .rlim_max = value};
	return setrlimit(resource, &limit) == 0;
}

void child_prefer_for_oom(void)
{
	static const char most[] = "1000";
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	ssize_t written = write(fd, most, sizeof(most) - 1);
	(void)written;
	close(fd);
}

bool child_streams(int input, int output, int error)
{
	return dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
	       dup2(error, STDERR_FILENO) >= 0;
}
