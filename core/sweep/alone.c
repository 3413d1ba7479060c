#include "alone.h"

#include "deadlock.h"
#include "proc.h"

#include <stddef.h>
#include <sys/syscall.h>

static bool sleeps(pid_t pid, pid_t tid)
{
	struct proc_task task;
	return proc_task_call(pid, tid, &task) == 0 && task.state == 'S' &&
	       task_wait(&task).kind == WAIT_FUTEX;
}

static bool all_sleep(const struct alone *a)
{
	pid_t tid[PROC_TASKS_MAX];
	int count = proc_tasks(a->pid, tid, PROC_TASKS_MAX);
	if (count < 0 || count > PROC_TASKS_MAX)
		return false;
	for (int i = 0; i < count; i++)
		if (tid[i] != a->tid && !sleeps(a->pid, tid[i]))
			return false;
	return true;
}

/* Checks all of them twice: one may have woken another that was checked before it. */
static bool others_sleep(const struct alone *a)
{
	enum { LOOKS = 2 };
	int looks = 0;
	if (a->suspect)
		return sleeps(a->pid, a->suspect);
	while (looks < LOOKS && all_sleep(a))
		looks++;
	return looks == LOOKS;
}

bool alone_now(struct alone *a)
{
	if (a->fork_waits)
		return false;
	a->sure = a->sure || others_sleep(a);
	if (a->sure)
		a->suspect = 0;
	return a->sure;
}

void alone_woken(struct alone *a, pid_t tid)
{
	/* More than one suspect: any thread may have run. */
	bool same = a->sure || (a->suspect && a->suspect == tid);
	a->suspect = same ? tid : 0;
	a->sure = false;
}

/* The system calls that allocators make most. */
static bool wakes_nobody(uint64_t syscall)
{
	static const uint64_t known[] = {SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect,
		SYS_madvise, SYS_brk, SYS_clock_gettime, SYS_getcpu, SYS_getrandom, SYS_gettid,
		SYS_getpid};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i] == syscall)
			return true;
	return false;
}

void alone_called(struct alone *a, uint64_t syscall)
{
	if (!wakes_nobody(syscall))
		alone_woken(a, 0);
}
