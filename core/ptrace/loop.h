/*
 * Proves that a thread is in an endless loop, by stepping it until its state recurs. LOOP_PROVEN
 * means that, between two moments,
 *  - all registers are equal, including the floating-point and vector registers,
 *  - every byte written in between has its old value again,
 *  - every instruction in between was decoded, and none reads a clock, a random number or the
 *    number of the processor,
 *  - every system call in between has no effect and depends on nothing but the passing of time
 *    (loop_syscalls.c has the list), and no signal arrived,
 *  - everything read in between is in private mappings, none of them the kernel's.
 * The thread then repeats this forever, unless something else writes its memory or sends it a
 * signal. The caller must know that nothing will: the thread is the only one of its process, and
 * no timer, asynchronous I/O or signal is pending. Privately mapped files are assumed not to
 * change.
 *
 * The calling thread becomes the tracer.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "step.h"

enum { LOOP_LOCATIONS_MAX = 16 };

enum loop_outcome { LOOP_NOT_PROVEN, LOOP_PROVEN };

/* Why there is no proof. */
enum loop_obstacle {
	LOOP_NO_OBSTACLE = 0,
	LOOP_NO_RECURRENCE,    /* the registers did not recur */
	LOOP_MEMORY_DIFFERS,   /* the registers recur, the memory that it writes does not */
	LOOP_EXTENDED_DIFFER,  /* the registers recur, the vector registers do not */
	LOOP_EXTENDED_UNKNOWN, /* the vector registers cannot be read */
	LOOP_WRITES_TOO_MUCH,
	LOOP_READS_TOO_MUCH,
	LOOP_READS_UNMAPPED,
	LOOP_READS_SHARED,     /* memory shared with other processes */
	LOOP_READS_KERNEL,     /* memory that the kernel updates, such as its clock */
	LOOP_READS_CPU_NUMBER, /* the number of its processor, in the rseq area */
	LOOP_CODE_TOO_LONG,
	LOOP_CODE_UNREADABLE,
	LOOP_INSN_UNKNOWN,     /* an instruction that the decoder does not understand */
	LOOP_NONDETERMINISTIC, /* an instruction that reads a clock, chance or the processor */
	LOOP_SYSCALL_UNKNOWN,  /* a system call that may change something or differ next time */
	LOOP_SYSCALL_RESULT,   /* a system call was interrupted, woken or failed */
	LOOP_SYSCALL_ENTERED,  /* it was within a system call in the state to compare with */
	LOOP_SYSCALL_WAITS,    /* it waited in a system call when the time was over */
	LOOP_FUTEX_OPERATION,  /* other than a wake or a wait with a relative timeout */
	LOOP_WAITS_UNTIMED,    /* in a futex wait or a sleep */
	LOOP_WAITS_UNTIL,      /* an absolute time */
	LOOP_POLLS_FILES,
	LOOP_SIGNAL,      /* it received one */
	LOOP_JOB_CONTROL, /* it is stopped */
	LOOP_ENDED,
	LOOP_EXECED, /* it executed another program */
	LOOP_PTRACE_FAILED,
};

/*
 * A location that the loop reads; the lock word is one of them. Locations on the stack are listed
 * only while there is room.
 */
struct loop_location {
	uint64_t address;
	uint64_t value; /* its first 8 bytes at the end, or less if it is smaller */
	uint32_t size;  /* bytes */
	bool on_stack;  /* in the mapping of the stack, or near the thread pointer */
	bool futex;     /* the word of a futex call */
	bool atomic;    /* read by an atomic instruction, as an attempt to take a lock does */
	bool written;   /* the loop also writes it, */
	bool changed;   /* and with a different value: it may make progress */
};

/*
 * From `period` on: the proven loop. Without a proof: the longest stretch that was observed last,
 * as evidence.
 */
struct loop_result {
	enum loop_outcome outcome;
	enum loop_obstacle obstacle; /* why not proven */
	unsigned steps;              /* instructions executed in all */
	uint64_t pc, sp;             /* at the end */

	unsigned period;          /* instructions */
	uint64_t pc_low, pc_high; /* the lowest and highest instruction */
	unsigned syscalls;
	unsigned other_syscalls; /* of them, that may change something: see loop_syscalls.c */
	unsigned locations;  /* entries of location[]: futexes first, those on the stack last */
	bool more_locations; /* there were more */
	bool wrote_too_much; /* more memory than a lock has: it does real work */
	struct loop_location location[LOOP_LOCATIONS_MAX];
};

/*
 * Attaches to a running thread, steps it for at most max_steps instructions and deadline_ms, and
 * detaches. 0 with *result filled in, or -errno: -EPERM (no right to trace), -ESRCH (no such
 * thread), -ENOSYS (no stepping on this machine), -ENOMEM, -ETIMEDOUT (it cannot be stopped and may
 * stay attached: kill it).
 */
int loop_prove(pid_t tid, unsigned max_steps, unsigned deadline_ms, struct loop_result *result);

/*
 * The same for a thread that is attached and stopped. It is left so, unless it died or -errno was
 * returned.
 */
int loop_prove_stopped(struct tracee *tracee, unsigned max_steps, unsigned deadline_ms,
	struct loop_result *result);
