#include "twins.h"

#include "ptrace_call.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Those that step_attach() sets, and PTRACE_O_TRACEFORK: a twin is traced from its start. */
static const unsigned long trace_twins =
	PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK;
static const unsigned long trace_as_before = PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC;

/* Resumes with `request` until the thread stops again; its wait status, or -errno. */
static int resume(pid_t tid, enum __ptrace_request request)
{
	int status, error;
	do
		error = ptrace(request, tid, NULL, NULL) < 0 ? -errno
							     : step_next_change(tid, 0, &status);
	while (!error && WIFSTOPPED(status) && step_continue(tid, status));
	if (error)
		return error;
	return WIFSTOPPED(status) ? status : -ESRCH;
}

static bool is_at(pid_t tid, uint64_t pc)
{
	struct arch_regs regs;
	return arch_get_regs(tid, &regs) == 0 && arch_pc(&regs) == pc;
}

/* A breakpoint left at the instruction stops the thread once before it executes it. */
static int resume_call(pid_t tid, uint64_t pc)
{
	int status = resume(tid, PTRACE_SINGLESTEP);
	if (status > 0 && status >> 8 == SIGTRAP && is_at(tid, pc))
		status = resume(tid, PTRACE_SINGLESTEP);
	return status;
}

/* Runs to the fork event, then out of the call, so that the registers can be restored. */
static int run_clone(pid_t tid, uint64_t pc, pid_t *twin)
{
	int status = resume_call(tid, pc);
	if (status < 0)
		return status;
	if (status >> 8 != (SIGTRAP | PTRACE_EVENT_FORK << 8))
		return -EAGAIN; /* no memory, or too many processes */
	*twin = (pid_t)ptrace_event_message(tid);
	if (*twin == 0)
		return -ESRCH;
	status = resume(tid, PTRACE_SINGLESTEP);
	return status < 0 ? status : 0;
}

static int await_twin(pid_t twin)
{
	int status, error = step_next_change(twin, 0, &status);
	if (error)
		return error;
	return WIFSTOPPED(status) ? 0 : -ESRCH;
}

int twin_make(struct stepper *s, pid_t *twin)
{
	pid_t tid = s->tracee.tid;
	struct arch_regs call_regs = s->regs;
	struct arch_syscall call = {
		.number = SYS_clone, .argument = {CLONE_PARENT | SIGCHLD, 0, 0, 0, 0, 0}};
	*twin = 0;
	arch_set_syscall(&call_regs, &call, s->syscall_pc);
	int error = ptrace_number(PTRACE_SETOPTIONS, tid, trace_twins);
	if (!error)
		error = arch_set_regs(tid, &call_regs);
	if (!error)
		error = run_clone(tid, s->syscall_pc, twin);
	if (*twin > 0 && !error)
		error = await_twin(*twin);
	if (!error)
		error = arch_set_regs(*twin, &s->regs);
	if (!error)
		error = arch_set_regs(tid, &s->regs);
	if (!error)
		error = ptrace_number(PTRACE_SETOPTIONS, tid, trace_as_before);
	if (error && *twin > 0)
		kill(*twin, SIGKILL);
	return error;
}

int twin_signal(pid_t twin, int signal, const cpu_set_t *cpus)
{
	sched_setaffinity(twin, sizeof(*cpus), cpus);
	/* Not by ptrace: the kernel ignores a signal injected at a PTRACE_EVENT_STOP. */
	return syscall(SYS_tgkill, twin, twin, signal) < 0 ? -errno : 0;
}

int twin_detach(pid_t twin)
{
	return ptrace_number(PTRACE_DETACH, twin, 0);
}
