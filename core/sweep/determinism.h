/*
 * What the world tells the stepped thread, made the same in every sweep: the time and chance.
 * Allocators look at the clock to decide what to give back to the kernel, and at getrandom() for
 * their secrets. Every look at a clock finds it 1000 seconds later than the look before, so what
 * waits for time to pass happens at once, and always at the same instruction. Only the stepped
 * thread sees this; its children see the real clock.
 */
#ifndef FORKLAB_DETERMINISM_H
#define FORKLAB_DETERMINISM_H

#include "arch.h"
#include "step.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct determinism {
	uint64_t vdso_low, vdso_high; /* the kernel's code in the process; 0: it has none */
	uint64_t result_address;      /* where the last answer was put; 0: nowhere */
	uint64_t clock_reads;         /* at a clock */
	uint64_t random_state;        /* state of what getrandom() gives */
};

/* Learns where the process has its vDSO. 0 or -errno. */
int determinism_init(struct determinism *determinism, pid_t pid);

/* True when the thread is about to execute kernel code in user space: a look at the clock. */
static inline bool determinism_in_vdso(const struct determinism *determinism, uint64_t pc)
{
	return pc >= determinism->vdso_low && pc < determinism->vdso_high;
}

/*
 * Runs the called function of the vDSO through to its caller and puts our answer in place of its
 * own. *event as of step_to(); `regs` are those at its first instruction. 0 or -errno.
 */
int determinism_run_vdso(struct determinism *determinism, struct tracee *tracee,
	const struct arch_regs *regs, enum step_event *event);

/* The system call was made and succeeded: puts our answer in place of the kernel's. */
void determinism_after_syscall(
	struct determinism *determinism, pid_t tid, const struct arch_syscall *call);

#endif
