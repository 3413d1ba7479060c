#include "hw_breakpoint.h"

#include "arch.h"
#include "monotonic.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int called;

__attribute__((noinline)) static void landmark(void)
{
	called++;
}

/* Between fork and _exit: async-signal-safe calls only. */
static _Noreturn void child_call_landmark(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
		raise(SIGSTOP);
	landmark();
	_exit(0);
}

/* Something may have stopped it before it is traced: it is killed then. */
static bool await(pid_t pid, int *status)
{
	enum { POLLS = 10 * 1000 };
	for (int i = 0; i < POLLS; i++) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return true;
		sleep_ns(i < POLLS / 10 ? 100 * NS_PER_US : NS_PER_MS);
	}
	kill(pid, SIGKILL);
	return waitpid(pid, status, 0) == pid;
}

/* The child has stopped itself. A register that cannot be set counts as one that does not fire. */
static bool stops_at_landmark(pid_t pid, int *status)
{
	if (arch_move_breakpoint(pid, 0, (uintptr_t)landmark) != 0 ||
		ptrace(PTRACE_CONT, pid, NULL, NULL) < 0 || !await(pid, status))
		return false;
	return WIFSTOPPED(*status) && WSTOPSIG(*status) == SIGTRAP;
}

static bool probe(void)
{
	int status;
	pid_t pid = fork();
	if (pid == 0)
		child_call_landmark();
	if (pid < 0 || !await(pid, &status))
		return true;
	/* It ran to its end: ptrace is not permitted. Or something stopped it, and nothing is
	 * known. */
	if (!WIFSTOPPED(status))
		return WIFEXITED(status);
	bool fires = stops_at_landmark(pid, &status);
	if (WIFSTOPPED(status)) {
		kill(pid, SIGKILL);
		await(pid, &status);
	}
	return fires;
}

static bool decide(void)
{
	const char *wanted = getenv("FORKLAB_BREAKPOINTS");
	if (wanted && strcmp(wanted, "software") == 0)
		return false;
	if (wanted && strcmp(wanted, "hardware") == 0)
		return true;
	return probe();
}

bool hw_breakpoints_fire(void)
{
	static bool decided, fire;
	if (!decided)
		fire = decide();
	decided = true;
	return fire;
}
