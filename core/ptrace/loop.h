/*
 * The proof that a thread repeats itself for ever: it is stepped until it comes back to a state in
 * which it was before. PROVEN means that, between two moments,
 *  - all registers are equal, the floating-point and vector registers included,
 *  - every byte written in between is again what it was,
 *  - every instruction in between was understood, and none asks a clock, chance or the processor's
 *    number,
 *  - every system call in between changes nothing and depends on nothing but time that passes
 *    (loop_calls.c has the list), and no signal arrived,
 *  - everything read in between lies in private mappings, none of them the kernel's.
 * From there on it does the same again, for ever, unless somebody else writes its memory or sends
 * it a signal. The caller must know that nobody will: that it is the only thread of its process,
 * and that no timer, asynchronous input-output or signal of its own is under way. Files that it has
 * mapped privately are taken to be left alone.
 *
 * To be called by the forklab thread that is to be the tracer.
 */
#ifndef FORKLAB_LOOP_H
#define FORKLAB_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "step.h"

enum { LOOP_LOCATIONS_MAX = 16 };

enum loop_outcome { LOOP_NOT_PROVEN, LOOP_PROVEN };

/* A place that the loop reads; what a lock word is among. The stack's own comings and goings are
 * listed only as long as there is room. */
struct loop_location {
	uint64_t address;
	uint64_t value; /* the first 8 bytes at the end; less if it is smaller */
	uint32_t size;  /* bytes */
	bool on_stack;  /* in the mapping of the stack, or near the thread pointer */
	bool futex;     /* waited for in a system call */
	bool written;   /* the loop writes it as well, */
	bool changed;   /* and with a different value: it may make progress */
};

/*
 * From `round` on it describes the round that was proven; without a proof the longest stretch that
 * was last looked at: evidence.
 */
struct loop_result {
	enum loop_outcome outcome;
	const char *reason; /* static: why not proven; for a proof "" */
	unsigned steps;     /* instructions executed in all */
	uint64_t pc, sp;    /* at the end */

	unsigned period;          /* instructions */
	uint64_t pc_low, pc_high; /* the lowest and highest instruction */
	unsigned syscalls;        /* made, and the number of the first */
	uint64_t first_syscall;
	unsigned locations;  /* valid entries of watch[]: futexes first, the stack's last */
	bool more_locations; /* there were more */
	bool wrote_too_much; /* more memory than a lock has: it is at work */
	struct loop_location location[LOOP_LOCATIONS_MAX];
};

/*
 * Attaches to a running thread, tries for at most max_steps instructions and, once it is stopped,
 * deadline_ms, and lets the thread run on, detached. 0 with *result filled in; or -errno when it
 * could not be tried: -EPERM (no right to trace), -ESRCH (no such thread), -ENOSYS (no stepping on
 * this machine), -ENOMEM, -ETIMEDOUT (it cannot be stopped; it may stay attached: kill it).
 */
int loop_prove(pid_t tid, unsigned max_steps, unsigned deadline_ms, struct loop_result *result);

/*
 * The same for a thread that is attached and stopped; afterwards it is so again, unless it died or
 * -errno was returned.
 */
int loop_prove_stopped(struct tracee *tracee, unsigned max_steps, unsigned deadline_ms,
	struct loop_result *result);

#endif
