/*
 * The stepped thread: from one fork point to the next. What a fork point is, is decided here (see
 * docs/sweep.md for why nothing is lost by it): after an instruction that changed memory outside of
 * the thread's own stack, and after a system call that can change memory or mappings.
 */
#ifndef FORKLAB_STEPPER_H
#define FORKLAB_STEPPER_H

#include "alone.h"
#include "arch.h"
#include "coverage.h"
#include "determinism.h"
#include "lookahead.h"
#include "shm.h"
#include "step.h"
#include "store_run.h"

#include <stdbool.h>
#include <stdint.h>

enum stepper_event {
	STEPPER_NONE,     /* nothing for long: have a look at the time */
	STEPPER_POINT,    /* at a fork point that is to be tried */
	STEPPER_LEFT_OUT, /* at one that is not: see run.h */
	STEPPER_LAST,     /* the point before was left out, but ends its run: try it now */
	STEPPER_SYSCALL,  /* after a system call that changed nothing; others may have been woken */
	STEPPER_BLOCKED,  /* within a system call that waits for somebody */
	STEPPER_ENDED,    /* the thread has come to its end */
	STEPPER_LOST      /* it cannot be stepped on: see `why` */
};

struct memory_range {
	uint64_t low, high; /* high is the first address behind it */
};

/* A store of the stepped thread's that changed the watched word. */
struct watchpoint_hit {
	const struct arch_regs *regs; /* right before the instruction that stored */
	uint64_t instruction;         /* how many were executed then, that one included */
	uint32_t before, after;       /* the word's values */
};

/*
 * A word of 32 bits whose changes by the thread's own instructions somebody wants to know. All
 * zero: nobody does.
 */
struct stepper_watchpoint {
	uint64_t address;
	/* Called while the thread stands still, right after the store. */
	void (*changed)(void *context, pid_t tid, const struct watchpoint_hit *change);
	void *context;
};

struct stepper {
	struct tracee tracee;
	struct alone alone;
	struct arch_decoder *decoder;
	const struct shm_sweep *line;
	pid_t pid;
	struct arch_regs regs; /* as the thread stands */
	struct determinism determinism;
	struct store_run store_run;
	struct coverage_set coverage;
	struct stepper_watchpoint watchpoint;
	struct memory_range stack;       /* the thread's own */
	struct memory_range shm;         /* shared with forklab: no child inherits a state of it */
	bool every_insn;                 /* each instruction is a fork point */
	bool begun;                      /* the thread is in its sequence */
	uint64_t instructions;           /* executed since then */
	uint64_t call_begin_instruction; /* `instructions` when the diary last changed */
	uint64_t activity_progress;      /* the diary's then */
	uint64_t pc;                     /* of the instruction that made the last fork point */
	uint64_t syscall_pc;             /* where there is a system call instruction */
	struct arch_syscall call;        /* the last one, or the one that it is in */
	char why[160];
};

/*
 * Takes over the worker, which must be waiting for `go`. 0 or -errno: -EPERM when the kernel does
 * not allow it. Release with stepper_free().
 */
int stepper_attach(struct stepper *stepper, pid_t pid, pid_t tid, const struct shm *shm,
	bool every_instruction);

/* Lets the thread run on by itself. What was learned stays until stepper_free(). */
void stepper_detach(struct stepper *stepper);
void stepper_free(struct stepper *stepper);

/* Goes on to the next event. */
void stepper_advance(struct stepper *stepper, enum stepper_event *event);

#endif
