#include "stopped.h"

#include "evidence.h"
#include "monotonic.h"
#include "proc.h"

#include <signal.h>
#include <sys/syscall.h>

/*
 * One that stops itself to be continued by another process is continued within microseconds, on a
 * loaded machine within a fraction of a second.
 */
static const uint64_t self_stop_ns = 500 * NS_PER_MS;
static const uint64_t next_self_stop_ns = 50 * NS_PER_MS;
static const uint64_t stop_from_outside_ns = 60 * NS_PER_S;

static bool is_stop_signal(uint64_t number)
{
	return number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

static bool is_thread_of(pid_t pid, pid_t tid)
{
	struct proc_task task;
	return proc_task_call(pid, tid, &task) == 0;
}

/* A signal to its own process takes effect before the system call that sends it returns. */
static bool has_sent_stop(pid_t pid, const struct proc_task *task)
{
	const uint64_t *a = task->args;
	if (!task->in_syscall)
		return false;
	switch (task->syscall) {
	case SYS_kill: /* 0 and negative: a process group */
		return ((pid_t)a[0] == pid || (pid_t)a[0] <= 0) && is_stop_signal(a[1]);
	case SYS_tkill:
		return is_thread_of(pid, (pid_t)a[0]) && is_stop_signal(a[1]);
	case SYS_rt_sigqueueinfo:
		return (pid_t)a[0] == pid && is_stop_signal(a[1]);
	case SYS_tgkill:
	case SYS_rt_tgsigqueueinfo:
		return (pid_t)a[0] == pid && is_stop_signal(a[2]);
	default:
		return false;
	}
}

static bool stopped_itself(pid_t pid)
{
	pid_t tids[PROC_TASKS_MAX] = {0};
	struct proc_task task;
	int count = proc_tasks(pid, tids, PROC_TASKS_MAX);
	for (int i = 0; i < count && i < PROC_TASKS_MAX; i++)
		if (proc_task_call(pid, tids[i], &task) == 0 && has_sent_stop(pid, &task))
			return true;
	return false;
}

bool stopped_for_good(struct stop_record *record, pid_t pid, uint64_t now,
	const struct stop_patience *patience, struct finding *finding)
{
	if (proc_state(pid) != 'T') {
		record->begin_ns = 0;
		return false;
	}
	if (!record->begin_ns)
		record->begin_ns = now;
	uint64_t stopped_ns = now - record->begin_ns;
	uint64_t self_ns = patience->self_stop_seen ? next_self_stop_ns : self_stop_ns;
	if (!patience->none && stopped_ns < self_ns)
		return false;
	bool itself = stopped_itself(pid);
	if (!patience->none && !itself && stopped_ns < stop_from_outside_ns)
		return false;
	finding->verdict = VERDICT_UNKNOWN;
	finding->cause = CAUSE_CHILD_STOPPED;
	evidence_reason(finding, itself ? REASON_STOPPED_ITSELF : REASON_STOPPED,
		stopped_ns / NS_PER_MS, 0);
	return true;
}
