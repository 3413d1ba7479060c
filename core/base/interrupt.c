#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int fd = -1;
static int received;

int interrupt_init(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : 0;
}

int interrupt_fd(void)
{
	return fd;
}

int interrupt_signal(void)
{
	struct signalfd_siginfo info;
	if (!received && fd >= 0 && read(fd, &info, sizeof(info)) == sizeof(info))
		received = (int)info.ssi_signo;
	return received;
}

bool interrupt_received(void)
{
	return interrupt_signal() != 0;
}
