/*
 * Steps the worker from one fork point to the next. A fork point is after an instruction that
 * changed memory outside of the thread's own stack, and after a system call that can change memory
 * or mappings. docs/sweep.md explains why nothing is lost by that.
 */
#pragma once

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
	STEPPER_NONE,     /* no event for a while: the caller may check the time */
	STEPPER_POINT,    /* at a fork point that must be tried */
	STEPPER_LEFT_OUT, /* at one that is sampled out, see store_run.h */
	STEPPER_LAST, /* the point before was left out, but is the last of its run: it must be tried
			 now */
	STEPPER_SYSCALL, /* after a system call that changed no memory; it may have woken others */
	STEPPER_BLOCKED, /* in a system call that waits */
	STEPPER_ENDED,   /* the thread has exited */
	STEPPER_LOST     /* it cannot be stepped any further: see `lost_cause` */
};

struct memory_range {
	uint64_t low, high; /* high is the first address past the end */
};

/* A store of the stepped thread that changed the watched word. */
struct watchpoint_hit {
	const struct arch_regs *regs; /* before the instruction that stored */
	uint64_t instruction;         /* number executed by then, including that one */
	uint32_t before, after;       /* the word's values */
};

/* A word of 32 bits whose changes by the thread's own instructions are reported. All zero: none. */
struct stepper_watchpoint {
	uint64_t address;
	/* Called right after the store, while the thread is stopped. */
	void (*changed)(void *context, pid_t tid, const struct watchpoint_hit *change);
	void *context;
};

struct stepper {
	struct tracee tracee;
	struct alone alone;
	struct arch_decoder *decoder;
	const struct shm_sweep *line;
	pid_t pid;
	struct arch_regs regs; /* of the stopped thread */
	struct determinism determinism;
	struct store_run store_run;
	struct coverage_set coverage;
	struct stepper_watchpoint watchpoint;
	uint64_t awaited; /* set by the caller: the word that a fork looks at again and again; or 0
			   */
	struct memory_range stack;       /* the thread's own */
	struct memory_range shm;         /* the shared page: no child inherits a state of it */
	bool every_insn;                 /* each instruction is a fork point */
	bool begun;                      /* the thread is in its sequence */
	uint64_t instructions;           /* executed since then */
	uint64_t call_begin_instruction; /* `instructions` when the activity record last changed */
	uint64_t activity_progress;      /* its progress then */
	uint64_t pc;                     /* of the instruction that made the last fork point */
	uint64_t syscall_pc;             /* address of a system call instruction */
	struct arch_syscall call;        /* the last one, or the one it is in */
	struct crash_note signal;        /* the last one that the thread got */
	enum finding_cause lost_cause;   /* of STEPPER_LOST, */
	int lost_error;                  /* with an errno, or 0 */
};

/*
 * Attaches to the worker, which must be waiting for `go`. 0 or -errno; -EPERM: the kernel does not
 * allow it. Release with stepper_free().
 */
int stepper_attach(struct stepper *stepper, pid_t pid, pid_t tid, const struct shm *shm,
	bool every_instruction);

/* Lets the thread run on untraced. What was found is kept until stepper_free(). */
void stepper_detach(struct stepper *stepper);
void stepper_free(struct stepper *stepper);

/* Runs to the next event. */
void stepper_advance(struct stepper *stepper, enum stepper_event *event);
