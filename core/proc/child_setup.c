#include "child_setup.h"

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

bool child_streams(int input, int output, int error)
{
	return dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
	       dup2(error, STDERR_FILENO) >= 0;
}
