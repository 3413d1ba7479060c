#include "fork_on_alarm.h"

#include <errno.h>
#include <signal.h>

static void on_alarm(int number)
{
	(void)number;
	int saved = errno;
	lab_fork(lab_self());
	errno = saved;
}

int fork_on_alarm(void)
{
	struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
	sigemptyset(&action.sa_mask);
	return sigaction(SIGALRM, &action, NULL) == 0 ? 0 : -errno;
}
