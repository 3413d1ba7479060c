#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int fd = -1;
static int received;
static pid_t needed_parent; /* 0: none */

int interrupt_when_orphaned(pid_t parent)
{
	sigset_t set;
	needed_parent = parent;
	sigemptyset(&set);
	sigaddset(&set, SIGCONT);
	/* Blocked, it still continues the process, and stays pending until interrupt_init(). */
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 || prctl(PR_SET_PDEATHSIG, SIGCONT) != 0)
		return -errno;
	return 0;
}

int interrupt_init(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (needed_parent)
		sigaddset(&set, SIGCONT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : 0;
}

int interrupt_fd(void)
{
	return fd;
}

/* SIGCONT interrupts only as the signal of the parent's death; else job control sent it. */
bool interrupt_arrived(void)
{
	struct signalfd_siginfo info;
	int number = 0;
	while (!number && fd >= 0 && read(fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGCONT)
			number = (int)info.ssi_signo;
		else if (getppid() != needed_parent)
			number = SIGTERM;
	}
	if (number && !received)
		received = number;
	return number != 0;
}

int interrupt_signal(void)
{
	if (!received)
		(void)interrupt_arrived();
	return received;
}

bool interrupt_received(void)
{
	return interrupt_signal() != 0;
}
