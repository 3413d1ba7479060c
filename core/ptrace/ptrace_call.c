#include "ptrace_call.h"

#include "proc.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int ptrace_number(enum __ptrace_request request, pid_t tid, unsigned long number)
{
	return ptrace(request, tid, NULL, (void *)number) < 0 ? -errno : 0;
}

unsigned long ptrace_event_message(pid_t tid)
{
	unsigned long message = 0;
	ptrace(PTRACE_GETEVENTMSG, tid, NULL, &message);
	return message;
}

void ptrace_reap(pid_t tid)
{
	int status;
	bool is_process = syscall(SYS_tgkill, tid, tid, 0) == 0;
	if (!is_process || proc_parent(tid) != getpid())
		waitpid(tid, &status, __WALL | WNOHANG);
}
