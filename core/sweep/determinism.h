/*
 * The determinism layer: time and random numbers for the stepped thread, the same in every sweep.
 * Allocators read the clock to decide what to return to the kernel, and getrandom() for their
 * secrets. Each clock read is 1000 seconds later than the one before, so what waits for time to
 * pass happens at once, and always at the same instruction. Only the stepped thread sees this; its
 * children see the real clock.
 */
#pragma once

#include "arch.h"
#include "step.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct determinism {
	uint64_t vdso_low, vdso_high; /* the vDSO in the process; 0: it has none */
	uint64_t result_address;      /* where the last answer was written; 0: nowhere */
	uint64_t clock_reads;         /* so far */
	uint64_t random_state;        /* state of the generator behind getrandom() */
};

/* Finds the vDSO of the process. 0 or -errno. */
int determinism_init(struct determinism *determinism, pid_t pid);

/* True when the thread is about to execute code of the vDSO, that is, to read a clock. */
static inline bool determinism_in_vdso(const struct determinism *determinism, uint64_t pc)
{
	return pc >= determinism->vdso_low && pc < determinism->vdso_high;
}

/*
 * Runs the called vDSO function to its return and replaces its answer. *event as of step_to();
 * `regs` are those at its first instruction. 0 or -errno.
 */
int determinism_run_vdso(struct determinism *determinism, struct tracee *tracee,
	const struct arch_regs *regs, enum step_event *event);

/* A system call was made and succeeded: replaces the kernel's answer. */
void determinism_after_syscall(
	struct determinism *determinism, pid_t tid, const struct arch_syscall *call);
