#include "interval_timers.h"

#include "proc_mem.h"
#include "step.h"

#include <sys/syscall.h>
#include <sys/time.h>

/* Below the red zone of the x86-64 psABI, 3.2.2; the old contents are restored. */
enum { SCRATCH_BELOW_SP = 512, SCRATCH_ALIGNMENT = 16, CALL_MS = 2000 };

/* A stopped thread, and what is needed to make it call. */
struct stopped {
	struct tracee tracee;
	struct arch_regs regs;
	uint64_t syscall_pc, scratch;
	struct itimerval saved;
};

/* getitimer(which) into the scratch memory. */
static bool call_getitimer(struct stopped *stopped, uint64_t which, struct itimerval *value)
{
	pid_t tid = stopped->tracee.tid;
	enum step_event event;
	struct arch_regs regs = stopped->regs;
	const struct arch_syscall call = {
		.number = SYS_getitimer, .argument = {which, stopped->scratch}};
	arch_set_syscall(&regs, &call, stopped->syscall_pc);
	return arch_set_regs(tid, &regs) == 0 &&
	       step_once(&stopped->tracee, CALL_MS, &event) == 0 && event == STEP_DONE &&
	       arch_get_regs(tid, &regs) == 0 && arch_syscall_result(&regs) == 0 &&
	       proc_mem_read(tid, stopped->scratch, value, sizeof(*value)) ==
		       (ssize_t)sizeof(*value);
}

static enum interval_timers look(struct stopped *stopped, uint64_t last)
{
	for (uint64_t which = ITIMER_REAL; which <= last; which++) {
		struct itimerval value;
		if (!call_getitimer(stopped, which, &value))
			return INTERVAL_TIMERS_UNKNOWN;
		if (timerisset(&value.it_value))
			return INTERVAL_TIMERS_ARMED;
	}
	return INTERVAL_TIMERS_NONE;
}

static bool prepare(struct stopped *stopped)
{
	pid_t tid = stopped->tracee.tid;
	if (arch_get_regs(tid, &stopped->regs) != 0)
		return false;
	stopped->syscall_pc = arch_find_syscall(tid, arch_pc(&stopped->regs));
	stopped->scratch = (arch_sp(&stopped->regs) - SCRATCH_BELOW_SP) & -SCRATCH_ALIGNMENT;
	return stopped->syscall_pc != 0 && !stopped->tracee.stopped && !stopped->tracee.deliver &&
	       proc_mem_read(tid, stopped->scratch, &stopped->saved, sizeof(stopped->saved)) ==
		       (ssize_t)sizeof(stopped->saved);
}

enum interval_timers interval_timers(pid_t tid, bool cpu_timers)
{
	struct stopped stopped;
	const char *why;
	enum interval_timers result = INTERVAL_TIMERS_UNKNOWN;
	if (!arch_supported(&why) || step_attach(&stopped.tracee, tid, 0, STEP_ATTACH_MS) != 0)
		return result;
	if (prepare(&stopped)) {
		result = look(&stopped, cpu_timers ? ITIMER_PROF : ITIMER_REAL);
		proc_mem_write(tid, stopped.scratch, &stopped.saved, sizeof(stopped.saved));
		arch_repeat_interrupted(&stopped.regs, stopped.syscall_pc);
		arch_set_regs(tid, &stopped.regs);
	}
	step_detach(&stopped.tracee);
	return result;
}
